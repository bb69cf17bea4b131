import { ToggleGroup } from "radix-ui";
import type { JSX } from "react";

export interface OptionsProps<Value extends string> {
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly onChoose: (value: Value) => void;
  readonly className: string | undefined;
  readonly "aria-label"?: string;
  readonly "aria-labelledby"?: string;
  readonly "aria-describedby"?: string;
}

/** One of a few, one of which is always chosen. */
export function Options<Value extends string>({
  options,
  onChoose,
  ...group
}: OptionsProps<Value>): JSX.Element {
  return (
    <ToggleGroup.Root
      type="single"
      {...group}
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
  );
}
