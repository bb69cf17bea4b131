import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { FilmList } from "./FilmList.tsx";
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
  if (reason.kind === "flat" || reason.kind === "unclear") return <>{t(`reason.${reason.kind}`)}</>;
  const against = <FilmList items={reason.against} films={films} />;
  if (reason.kind === "against")
    return <Trans i18nKey="reason.onlyAgainst" count={reason.against.length} components={{ against }} />;
  const because = <FilmList items={reason.because} films={films} />;
  return reason.against.length === 0 ? (
    <Trans i18nKey={`reason.${reason.kind}`} components={{ because }} />
  ) : (
    <Trans
      i18nKey={`reason.${reason.kind}Against`}
      count={reason.against.length}
      components={{ because, against }}
    />
  );
}
