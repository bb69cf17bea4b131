import { type JSX, useRef } from "react";
import { Button } from "../Button.tsx";
import { useTaste, useTasteIntentions } from "./taste-context.tsx";

/** A button that opens a persona file. */
export function PersonaPicker({
  use,
  label,
}: {
  readonly use: "mine" | "rival";
  readonly label: string;
}): JSX.Element {
  const { openFile } = useTasteIntentions();
  const ready = useTaste((state) => state.space.phase === "ready");
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button disabled={!ready} onClick={() => picker.current?.click()}>
        {label}
      </Button>
      <input
        ref={picker}
        type="file"
        accept="application/json,.json"
        hidden
        aria-label={label}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          currentTarget.value = "";
          if (file !== undefined) void openFile(file, use);
        }}
      />
    </>
  );
}
