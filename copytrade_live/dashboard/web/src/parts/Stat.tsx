import type { ReactNode } from "react";
import css from "./Stat.module.css";

/** Numbers side by side. */
export function Stats({ children }: { children: ReactNode }) {
  return <dl className={css["stats"]}>{children}</dl>;
}

interface Props {
  name: string;
  value: ReactNode;
  note?: ReactNode;
  tone?: "gain" | "loss" | "warn" | undefined;
}

/** One number with its name. */
export function Stat({ name, value, note, tone }: Props) {
  return (
    <div className={css["stat"]}>
      <dt>{name}</dt>
      <dd className={tone}>
        {value}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}
