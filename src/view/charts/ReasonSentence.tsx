import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { FilmTitle } from "./FilmTitle.tsx";
import type { Reason } from "./reason.ts";

/** A reason in one sentence, made from the numbers of the heatmap and nothing else. */
export function ReasonSentence({
  reason,
  films,
}: {
  readonly reason: Reason;
  readonly films: ReadonlyMap<ItemId, Film>;
}): JSX.Element {
  const { t } = useTranslation();
  const title = (item: ItemId) => {
    const film = films.get(item);
    return film === undefined ? <span>{`#${item}`}</span> : <FilmTitle film={film} />;
  };
  switch (reason.kind) {
    case "flat":
      return <>{t("reason.flat")}</>;
    case "onlyAgainst":
      return <Trans i18nKey="reason.onlyAgainst" components={{ c: title(reason.against) }} />;
    case "single":
      return reason.against === null ? (
        <Trans i18nKey="reason.single" components={{ a: title(reason.first) }} />
      ) : (
        <Trans
          i18nKey="reason.singleAgainst"
          components={{ a: title(reason.first), c: title(reason.against) }}
        />
      );
    default: {
      const named = { a: title(reason.first), b: title(reason.second) };
      return reason.against === null ? (
        <Trans i18nKey={`reason.${reason.kind}`} components={named} />
      ) : (
        <Trans i18nKey={`reason.${reason.kind}Against`} components={{ ...named, c: title(reason.against) }} />
      );
    }
  }
}
