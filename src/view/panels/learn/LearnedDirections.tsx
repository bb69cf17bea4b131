import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import { DirectionMoves } from "../../charts/DirectionMoves.tsx";
import { toLanguage } from "../../i18n/language.ts";
import { useLearning } from "../../learning-context.tsx";
import styles from "./Learn.module.css";
import { type DirectionMove, directionMoves } from "./update-view.ts";

/** Directions named on each side. */
const NAMED = 5;

/** Theta in words: the kinds of film that gained and lost most. */
export function LearnedDirections({ theta }: { readonly theta: Float64Array }): JSX.Element {
  const { t, i18n } = useTranslation("learn");
  const space = useLearning((state) => state.space);
  if (space === null) return <p className={styles["quiet"]}>{t("update.direction.waiting")}</p>;
  const { gained, lost } = directionMoves(space, theta, NAMED);
  const end = Math.max(0, ...[...gained, ...lost].map(({ nats }) => Math.abs(nats)));
  const rows = (moves: readonly DirectionMove[]) =>
    moves.map(({ direction: { id, name }, nats }) => ({ id, name: name[toLanguage(i18n.language)], nats }));
  const words = { rowsAre: t("update.direction.name"), valuesAre: t("update.direction.nats"), end };
  return (
    <div className={styles["part"]}>
      <h3>{t("update.direction.heading")}</h3>
      <p className={styles["quiet"]}>{t("update.direction.lead")}</p>
      <div className={styles["pair"]}>
        <DirectionMoves
          {...words}
          title={t("update.direction.gained")}
          rows={rows(gained)}
          empty={t("update.direction.gainedNone")}
        />
        <DirectionMoves
          {...words}
          title={t("update.direction.lost")}
          rows={rows(lost)}
          empty={t("update.direction.lostNone")}
        />
      </div>
    </div>
  );
}
