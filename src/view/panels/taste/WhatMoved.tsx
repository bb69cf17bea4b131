import type { JSX, ReactNode } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { FilmIndex } from "../../../state/film-index.ts";
import type { MoveCause, MovedDirection, Standpoint } from "../../../state/taste-moved.ts";
import { FilmTitle } from "../../charts/FilmTitle.tsx";
import { SentenceGap } from "../../charts/SentenceGap.tsx";
import { toLanguage } from "../../i18n/language.ts";
import { useFormats } from "../../i18n/use-formats.ts";
import { PageSection } from "../PageSection.tsx";
import { useTaste } from "./taste-context.tsx";
import styles from "./WhatMoved.module.css";

/** What the last rating or decision did: the directions that it moved most, before and after. */
export function WhatMoved({ films }: { readonly films: FilmIndex }): JSX.Element {
  const { t } = useTranslation("taste");
  const moved = useTaste((state) => state.moved);
  return (
    <PageSection id="taste-moved" gap="tight" heading={t("moved.heading")} lead={t("moved.lead")}>
      <p role="status" className={styles["sentence"]}>
        {moved === null ? (
          t("moved.none")
        ) : (
          <>
            <Cause cause={moved.cause} films={films} />
            <SentenceGap />
            <Most direction={moved.directions[0]} />
          </>
        )}
      </p>
      {moved !== null && moved.directions.length > 0 && <MovedTable directions={moved.directions} />}
    </PageSection>
  );
}

function Cause({ cause, films }: { readonly cause: MoveCause; readonly films: FilmIndex }): ReactNode {
  const { t, i18n } = useTranslation("taste");
  switch (cause.kind) {
    case "several":
      return <>{t("moved.several")}</>;
    case "liked":
    case "disliked":
    case "unrated": {
      const film = films.byItem.get(cause.item);
      return film === undefined ? (
        t("moved.several")
      ) : (
        <Trans ns="taste" i18nKey={`moved.${cause.kind}`} components={{ film: <FilmTitle film={film} /> }} />
      );
    }
    case "decided":
    case "locked":
    case "released":
      return (
        <>
          {t(`moved.${cause.kind}`, {
            direction: cause.direction.name[toLanguage(i18n.language)],
            state: t(`lean.${cause.state}`),
          })}
        </>
      );
    default:
      return cause satisfies never;
  }
}

function Most({ direction: moved }: { readonly direction: MovedDirection | undefined }): JSX.Element {
  const { t, i18n } = useTranslation("taste");
  const formats = useFormats();
  if (moved === undefined) return <>{t("moved.nothing")}</>;
  const { direction, before, after } = moved;
  const name = direction.name[toLanguage(i18n.language)];
  if (before.state !== after.state)
    return (
      <>
        {t("moved.turned", {
          direction: name,
          before: t(`lean.${before.state}`),
          after: t(`lean.${after.state}`),
        })}
      </>
    );
  return (
    <>
      {t("moved.most", {
        direction: name,
        before: formats.percent(before.probability),
        after: formats.percent(after.probability),
      })}
    </>
  );
}

function MovedTable({ directions }: { readonly directions: readonly MovedDirection[] }): JSX.Element {
  const { t, i18n } = useTranslation("taste");
  const language = toLanguage(i18n.language);
  return (
    <table className={styles["table"]}>
      <caption className="visually-hidden">{t("moved.table")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("column.direction")}</th>
          <th scope="col">{t("column.before")}</th>
          <th scope="col">{t("column.after")}</th>
        </tr>
      </thead>
      <tbody>
        {directions.map(({ direction, before, after }) => (
          <tr key={direction.id}>
            <th scope="row">{direction.name[language]}</th>
            <td>
              <Stood at={before} />
            </td>
            <td>
              <span aria-hidden="true">
                {after.probability < before.probability
                  ? "↓ "
                  : after.probability > before.probability
                    ? "↑ "
                    : ""}
              </span>
              <Stood at={after} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Stood({ at: { probability, state } }: { readonly at: Standpoint }): JSX.Element {
  const { t } = useTranslation("taste");
  const formats = useFormats();
  return (
    <>
      {formats.percent(probability)}
      {state !== "neutral" && <span className={styles["state"]}> {t(`lean.${state}`)}</span>}
    </>
  );
}
