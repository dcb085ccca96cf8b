import type { ReactNode } from "react";
import css from "./Choice.module.css";

interface Props<Value extends string> {
  label: string;
  value: Value;
  onChoose: (value: Value) => void;
  options: readonly { value: Value; name: string }[];
  /** The one that the key / goes to. */
  isFilter?: boolean;
}

/** One of a few. The browser's own control, so that a phone shows its own list. */
export function Choice<Value extends string>({
  label,
  value,
  onChoose,
  options,
  isFilter = false,
}: Props<Value>) {
  return (
    <Labelled label={label}>
      <select
        value={value}
        data-filter={isFilter ? "" : undefined}
        onChange={(event) => {
          const chosen = options[event.currentTarget.selectedIndex];
          if (chosen) onChoose(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** A field with its name above it. */
export function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className={css["choice"]}>
      {label}
      {children}
    </label>
  );
}
