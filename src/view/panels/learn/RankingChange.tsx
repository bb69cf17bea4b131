import { type JSX, useMemo } from "react";
import { Trans, useTranslation } from "react-i18next";
import { filmFeatures } from "../../../adapt/film-features.ts";
import { currentVersion } from "../../../adapt/versions.ts";
import { FilmTitle } from "../../charts/FilmTitle.tsx";
import { RankMoves } from "../../charts/RankMoves.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { useLearning } from "../../learning-context.tsx";
import { useApp } from "../../store-context.tsx";
import styles from "./Learn.module.css";
import { slateUnder, thetaOf } from "./update-view.ts";

/** The answer on screen under what was in force before and under `theta`. `adopted`: that is in force by now. */
export function RankingChange({
  theta,
  adopted,
}: {
  readonly theta: Float64Array;
  readonly adopted: boolean;
}): JSX.Element | null {
  const { t } = useTranslation("learn");
  const formats = useFormats();
  const space = useLearning((state) => state.space);
  const versions = useLearning((state) => state.versions);
  const shown = useApp(({ answer }) => answer.shown);
  const features = useMemo(() => (space === null ? null : filmFeatures(space)), [space]);
  const record = currentVersion(versions);
  const past = adopted ? (record?.parent ?? 0) : versions.current;
  const isOwn = shown !== null && shown.origin === "computed" && shown.recommendation.personal;
  const changes = useMemo(() => {
    if (!isOwn || features === null || shown.slate.some(({ item }) => item >= features.items)) return null;
    return {
      before: slateUnder(shown.slate, features, thetaOf(versions, past)),
      after: slateUnder(shown.slate, features, theta),
    };
  }, [isOwn, features, shown, versions, past, theta]);
  if (features === null) return null;
  const heading = <h3>{t(adopted ? "update.ranking.headingDone" : "update.ranking.heading")}</h3>;
  if (changes === null || shown === null)
    return (
      <div className={styles["part"]}>
        {heading}
        <p className={styles["quiet"]}>{t("update.ranking.noAnswer")}</p>
      </div>
    );
  const { before, after } = changes;
  const moved = after.filter(({ rank }, place) => rank !== before[place]?.rank).length;
  const first = after.find(({ rank }) => rank === 1);
  const leader = first === undefined ? undefined : shown.films.get(first.item);
  const places = formats.whole(after.length);
  return (
    <div className={`${styles["part"]} ${styles["narrow"]}`}>
      {heading}
      <p className={styles["headline"]}>
        {moved === 0 || leader === undefined ? (
          t("update.ranking.none")
        ) : (
          <Trans
            t={t}
            i18nKey={adopted ? "update.ranking.movedDone" : "update.ranking.moved"}
            count={moved}
            values={{ places }}
            components={{ film: <FilmTitle film={leader} /> }}
          />
        )}
      </p>
      <p className={styles["quiet"]}>{t("update.ranking.lead", { places })}</p>
      <RankMoves caption={t("update.ranking.caption")} films={shown.films} before={before} after={after} />
    </div>
  );
}
