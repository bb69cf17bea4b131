import { type JSX, useId } from "react";
import { useTranslation } from "react-i18next";
import { pairsFor } from "../../state/shapley-effort.ts";
import { Options } from "../charts/Options.tsx";
import { useFormats } from "../i18n/use-formats.ts";
import { useApp, useIntentions } from "../store-context.tsx";
import { Button } from "./Button.tsx";
import styles from "./EffectsPanel.module.css";
import section from "./Section.module.css";

const methods = ["leave-one-out", "replacement", "shapley"] as const;
const questions = ["total", "prompt-only"] as const;
const values = ["verdict", "contrast"] as const;

/** How effects are measured and which effect is asked for, each with what that means; how much work an estimate is worth. */
export function MethodChoice({ films }: { readonly films: number }): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const question = useApp((state) => state.question);
  const value = useApp((state) => state.value);
  const method = useApp((state) => state.method);
  const effort = useApp((state) => state.effort);
  const busy = useApp((state) => state.explanation.phase === "running");
  const { chooseMethod, chooseQuestion, chooseValue } = useIntentions();
  const isEstimate = method === "shapley" && pairsFor(effort, films) !== null;
  return (
    <>
      <Choice
        label={t("effects.method")}
        value={method}
        options={methods.map((each) => [each, t(`effects.methods.${each}`)])}
        help={t(`effects.methodHelp.${method}`)}
        onChoose={(next) => void chooseMethod(next)}
      />
      <Choice
        label={t("effects.question")}
        value={question}
        options={questions.map((each) => [
          each,
          t(each === "total" ? "effects.total" : "effects.promptOnly"),
        ])}
        help={t(question === "total" ? "effects.totalHelp" : "effects.promptOnlyHelp")}
        onChoose={(next) => void chooseQuestion(next)}
      />
      <Choice
        label={t("effects.value")}
        value={value}
        options={values.map((each) => [each, t(`effects.values.${each}`)])}
        help={t(`effects.valueHelp.${value}`)}
        onChoose={(next) => void chooseValue(next)}
      />
      {isEstimate && !busy && (
        <div className={styles["progress"]}>
          {effort === "first" && (
            <Button onClick={() => void chooseMethod("shapley", "more")}>{t("effects.better")}</Button>
          )}
          <Button onClick={() => void chooseMethod("shapley", "exact")}>
            {t("effects.exact", { combinations: formats.whole(2 ** films) })}
          </Button>
          <p className={section["quiet"]}>{t("effects.exactHelp")}</p>
        </div>
      )}
    </>
  );
}

function Choice<Value extends string>({
  label,
  value,
  options,
  help,
  onChoose,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly help: string;
  readonly onChoose: (value: Value) => void;
}): JSX.Element {
  const id = useId();
  return (
    <div className={styles["bar"]}>
      <Options
        value={value}
        options={options}
        aria-label={label}
        aria-describedby={id}
        className={styles["choice"]}
        onChoose={onChoose}
      />
      <p id={id} className={section["quiet"]}>
        {help}
      </p>
    </div>
  );
}
