import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import type { ItemId } from "../../core/ids.ts";
import type { Film } from "../../model/film.ts";
import type { DescribedSlot } from "../../prompt/describe-prompt.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { Poster } from "./Poster.tsx";
import styles from "./PromptTokens.module.css";
import { titleParts } from "./title-parts.ts";
import { visibleText } from "./visible-text.ts";

export interface PromptTokensProps {
  readonly label: string;
  readonly slots: readonly DescribedSlot[];
  readonly films: ReadonlyMap<ItemId, Film>;
}

/** Every position of a piece of the prompt, in order: text tokens with their number, behaviour tokens with film and vector length. */
export function PromptTokens({ label, slots, films }: PromptTokensProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <section className={styles["piece"]} aria-label={label}>
      <p className={styles["label"]}>
        {label}
        <span>{t("prompt.positions", { count: slots.length })}</span>
      </p>
      <ol className={styles["tokens"]}>
        {slots.map((slot, position) => {
          if (slot.kind === "text")
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a token is its position.
              <li key={position} className={styles["text"]}>
                <span className="visually-hidden">
                  {t("prompt.token", { id: slot.token, text: slot.text.replace("\n", t("prompt.newline")) })}
                </span>
                <span aria-hidden="true" lang="en" className={styles["word"]}>
                  {visibleText(slot.text)}
                </span>
                <span aria-hidden="true" className={styles["number"]}>
                  {slot.token}
                </span>
              </li>
            );
          const film = slot.item === null ? undefined : films.get(slot.item);
          const norm = formats.size(slot.norm);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a token is its position.
            <li key={position} className={styles["behaviour"]}>
              <span className="visually-hidden">
                {film === undefined
                  ? t("prompt.behaviourNull", { norm })
                  : t("prompt.behaviour", { title: titleParts(film.title).name, norm })}
              </span>
              {film !== undefined && (
                <span aria-hidden="true" className={styles["stamp"]}>
                  <Poster film={film} size="stamp" />
                </span>
              )}
              <span aria-hidden="true" className={styles["word"]}>
                {film === undefined ? t("prompt.nullVector") : "◆"}
              </span>
              <span aria-hidden="true" className={styles["number"]}>
                {t("prompt.norm", { norm })}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
