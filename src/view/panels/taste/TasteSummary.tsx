import type { JSX, ReactNode } from "react";
import { Trans, useTranslation } from "react-i18next";
import { bySureness } from "../../../persona/persona.ts";
import type { ReadTaste } from "../../../state/taste-state.ts";
import { type DirectionRow, directionRow } from "../../charts/direction-rows.ts";
import { FilmTitle } from "../../charts/FilmTitle.tsx";
import { SentenceGap } from "../../charts/SentenceGap.tsx";
import { toLanguage } from "../../i18n/language.ts";
import { useFormats } from "../../i18n/use-formats.ts";
import styles from "./TasteSummary.module.css";
import { useTaste } from "./taste-context.tsx";

/** Leanings that are named at most, on either side. */
const MOST_LEANINGS = 2;

/** The taste in a sentence or two: what speaks, or what leans and what would make it speak. */
export function TasteSummary(): JSX.Element | null {
  const reading = useTaste((state) => state.reading);
  const busy = useTaste((state) => state.busy);
  if (reading === null) return null;
  return (
    <div className={styles["summary"]} aria-busy={busy}>
      <Says reading={reading} />
      <Basis reading={reading} />
    </div>
  );
}

function Says({ reading }: { readonly reading: ReadTaste }): JSX.Element {
  const { t } = useTranslation("taste");
  const rows = bySureness(reading.stances.map(directionRow));
  const which = (...leans: readonly DirectionRow["lean"][]) =>
    rows.filter(({ lean }) => leans.includes(lean));
  const [likes, dislikes] = [which("for"), which("against")];
  const [towards, away] = [which("leans-for"), which("leans-against")];
  if (likes.length + dislikes.length > 0)
    return (
      <p className={styles["says"]} role="status">
        <Join
          parts={[
            likes.length > 0 && <Named key="for" i18nKey="summary.for" rows={likes} />,
            dislikes.length > 0 && <Named key="against" i18nKey="summary.against" rows={dislikes} />,
          ]}
        />
      </p>
    );
  return (
    <p className={styles["says"]} role="status">
      <Join
        parts={[
          t(towards.length + away.length === 0 ? "summary.nothing" : "summary.silent"),
          towards.length > 0 && (
            <Named key="towards" i18nKey="summary.towards" rows={towards.slice(0, MOST_LEANINGS)} chance />
          ),
          away.length > 0 && (
            <Named key="away" i18nKey="summary.away" rows={away.slice(0, MOST_LEANINGS)} chance />
          ),
        ]}
      />
    </p>
  );
}

function Join({ parts }: { readonly parts: readonly ReactNode[] }): JSX.Element {
  return (
    <>
      {parts
        .filter((part) => part !== false)
        .map((part, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: sentences are in a fixed order.
          <span key={i}>
            {i > 0 && <SentenceGap />}
            {part}
          </span>
        ))}
    </>
  );
}

/** A sentence with directions in its place for them. */
function Named({
  i18nKey,
  rows,
  chance = false,
}: {
  readonly i18nKey: "summary.for" | "summary.against" | "summary.towards" | "summary.away";
  readonly rows: readonly DirectionRow[];
  /** Each with its P(for). */
  readonly chance?: boolean;
}): JSX.Element {
  const { t, i18n } = useTranslation("taste");
  const formats = useFormats();
  const language = toLanguage(i18n.language);
  const names = rows.map(({ direction, probability }) => {
    const name = direction.name[language];
    return chance ? t("summary.withChance", { name, chance: formats.percent(probability) }) : name;
  });
  const list = new Intl.ListFormat(language, { type: "conjunction" }).format(names);
  return <Trans ns="taste" i18nKey={i18nKey} components={{ names: <strong>{list}</strong> }} />;
}

/** What the reading rests on, and which one rating would tell more. */
function Basis({
  reading: { opinions, overrides, stances, next },
}: {
  readonly reading: ReadTaste;
}): JSX.Element {
  const { t, i18n } = useTranslation("taste");
  const formats = useFormats();
  const films = useTaste((state) => state.films);
  const film = next === null ? undefined : films?.byItem.get(next.item);
  const direction = next === null ? undefined : stances[next.direction]?.direction;
  const known = stances.filter((stance) => overrides.has(stance.direction.id)).length;
  return (
    <p className={styles["basis"]}>
      {t("summary.basis", {
        liked: t("summary.liked", { count: opinions.liked.length }),
        disliked: t("summary.disliked", { count: opinions.disliked.length }),
      })}
      {known > 0 && (
        <>
          <SentenceGap />
          {t("summary.decided", { count: known })}
        </>
      )}
      <SentenceGap />
      {opinions.liked.length + opinions.disliked.length === 0 && t("summary.begin")}
      {next !== null && film !== undefined && direction !== undefined && (
        <Trans
          ns="taste"
          i18nKey={next.state === "neutral" ? "summary.nearer" : "summary.wouldSpeak"}
          values={{
            act: t(next.liked ? "summary.liking" : "summary.disliking"),
            direction: direction.name[toLanguage(i18n.language)],
            chance: formats.percent(next.probability),
          }}
          components={{ film: <FilmTitle film={film} /> }}
        />
      )}
    </p>
  );
}
