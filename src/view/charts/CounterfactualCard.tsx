import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./AnswerCard.module.css";
import type { CounterfactualView, FilmEdit } from "./counterfactual-view.ts";
import { FilmList } from "./FilmList.tsx";
import { FilmTitle } from "./FilmTitle.tsx";
import { ProgressBar } from "./ProgressBar.tsx";
import { SentenceGap } from "./SentenceGap.tsx";

export interface CounterfactualCardProps {
  readonly target: Film;
  readonly films: ReadonlyMap<ItemId, Film>;
  readonly answer: CounterfactualView;
}

/** What would have to be different for a film to be number one: an edit of the history, checked with the model itself. */
export function CounterfactualCard({ target, films, answer }: CounterfactualCardProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const film = <FilmTitle film={target} />;
  const filmsOf = ({ removed, added }: FilmEdit) => ({
    removed: <FilmList items={removed} films={films} />,
    added: <FilmList items={added} films={films} />,
  });
  switch (answer.phase) {
    case "searching":
      return (
        <div className={styles["card"]}>
          <p className={styles["headline"]}>
            <Trans i18nKey="counterfactual.searching" components={{ film }} />
          </p>
          <ProgressBar label={t("counterfactual.progressLabel")} done={answer.passes} total={answer.budget} />
          <p className={styles["foot"]}>
            {t("counterfactual.progress", {
              passes: formats.whole(answer.passes),
              budget: formats.whole(answer.budget),
            })}
          </p>
        </div>
      );
    case "already":
      return (
        <div className={styles["card"]}>
          <p className={styles["headline"]}>
            <Trans i18nKey="counterfactual.already" components={{ film }} />
          </p>
        </div>
      );
    case "not-found":
      return (
        <div className={styles["card"]}>
          <p className={styles["headline"]}>
            <Trans i18nKey="counterfactual.notFound" components={{ film }} />
          </p>
          <p className={styles["foot"]}>
            {!answer.isOffered && (
              <>
                {t("counterfactual.notOffered")}
                <SentenceGap />
              </>
            )}
            {answer.nearest === null ? (
              t("counterfactual.notNearer")
            ) : (
              <Trans
                i18nKey={`counterfactual.nearest.${kindOf(answer.nearest.edit)}`}
                components={filmsOf(answer.nearest.edit)}
                values={{
                  rank: formats.whole(answer.nearest.rank),
                  nats: formats.size(answer.nearest.shortNats),
                }}
              />
            )}
            <SentenceGap />
            {answer.spent && (
              <>
                {t("counterfactual.spent")}
                <SentenceGap />
              </>
            )}
            {t("counterfactual.searched", { count: answer.passes, passes: formats.whole(answer.passes) })}
          </p>
        </div>
      );
    case "found":
      return (
        <div className={styles["card"]}>
          <p className={styles["headline"]}>
            <Trans
              i18nKey={`counterfactual.found.${kindOf(answer.edit)}`}
              components={{ film, ...filmsOf(answer.edit) }}
            />
          </p>
          <dl className={styles["sides"]}>
            {(["before", "after"] as const).map((side) => (
              <div key={side}>
                <dt>{t(`counterfactual.${side}`)}</dt>
                <dd>
                  {t("counterfactual.standing", {
                    rank: formats.whole(answer[side].rank),
                    chance: formats.percent(answer[side].probability),
                  })}
                </dd>
              </div>
            ))}
          </dl>
          <p className={styles["foot"]}>
            {t("counterfactual.verified")}
            <SentenceGap />
            {answer.edit.removed.length > 0 && (
              <>
                {t("counterfactual.stays")}
                <SentenceGap />
              </>
            )}
            {answer.isSmallest && (
              <>
                {t("counterfactual.smallest")}
                <SentenceGap />
              </>
            )}
            {t("counterfactual.searched", { count: answer.passes, passes: formats.whole(answer.passes) })}
          </p>
        </div>
      );
    default:
      return answer satisfies never;
  }
}

function kindOf({ removed, added }: FilmEdit): "without" | "with" | "both" {
  if (added.length === 0) return "without";
  return removed.length === 0 ? "with" : "both";
}
