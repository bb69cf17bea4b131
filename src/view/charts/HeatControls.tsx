import { ToggleGroup } from "radix-ui";
import { type JSX, useId } from "react";
import { useTranslation } from "react-i18next";
import styles from "./HeatControls.module.css";
import type { ColumnOrder, RowOrder } from "./heat-order.ts";

/** How large the map's cells are: "compact" leaves the numbers out, "large" adds percentage points. */
export type Density = "compact" | "comfortable" | "large";
const densities = ["compact", "comfortable", "large"] as const satisfies readonly Density[];

export interface HeatControlsProps {
  readonly rows: RowOrder["by"];
  readonly columns: ColumnOrder["by"];
  readonly density: Density;
  /** Order of the rows by their effect on the column that has the focus, or had it last, when "effect". */
  readonly onRows: (by: RowOrder["by"]) => void;
  readonly onColumns: (by: ColumnOrder["by"]) => void;
  readonly onDensity: (density: Density) => void;
}

/** Order and size of the map, one line of words each. */
export function HeatControls(props: HeatControlsProps): JSX.Element {
  const { t } = useTranslation();
  return (
    <div className={styles["controls"]}>
      <Choice
        label={t("heat.rows")}
        value={props.rows}
        options={[
          ["given", t("heat.asWatched")],
          ["size", t("heat.bySize")],
          ["effect", t("heat.byColumn")],
        ]}
        onChoose={props.onRows}
      />
      <Choice
        label={t("heat.columns")}
        value={props.columns}
        options={[
          ["given", t("heat.byRank")],
          ["effect", t("heat.byRow")],
        ]}
        onChoose={props.onColumns}
      />
      <Choice
        label={t("heat.density")}
        value={props.density}
        options={densities.map((density) => [density, t(`heat.${density}`)])}
        onChoose={props.onDensity}
      />
    </div>
  );
}

function Choice<Value extends string>({
  label,
  value,
  options,
  onChoose,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly onChoose: (value: Value) => void;
}): JSX.Element {
  const id = useId();
  return (
    <div className={styles["choice"]}>
      <span id={id} className={styles["label"]}>
        {label}
      </span>
      <ToggleGroup.Root
        type="single"
        value={value}
        aria-labelledby={id}
        className={styles["options"]}
        onValueChange={(next) => {
          const chosen = options.find(([each]) => each === next);
          if (chosen !== undefined) onChoose(chosen[0]);
        }}
      >
        {options.map(([each, words]) => (
          <ToggleGroup.Item key={each} value={each}>
            {words}
          </ToggleGroup.Item>
        ))}
      </ToggleGroup.Root>
    </div>
  );
}
