import type { ReactNode } from "react";
import css from "./Tag.module.css";

export type Tone = "good" | "bad" | "warn" | "accent" | "plain";

/** A short word about a state. Its colour only repeats what the word says. */
export function Tag({
  tone = "plain",
  title,
  children,
}: {
  tone?: Tone;
  title?: string | undefined;
  children: ReactNode;
}) {
  return (
    <span className={`${css["tag"] ?? ""} ${tone === "plain" ? "" : (css[tone] ?? "")}`} title={title}>
      {children}
    </span>
  );
}
