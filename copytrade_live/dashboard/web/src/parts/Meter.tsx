import type { ReactNode } from "react";
import css from "./Meter.module.css";

interface Props {
  name: string;
  /** How the name stands there, where it is more than text. */
  shown?: ReactNode;
  used: number;
  limit: number;
  /** What stands at the right: the numbers with their unit. */
  text: string;
  /** A part of a whole: being full is no warning. */
  isShare?: boolean;
}

const NEAR = 0.8;

/** How much of a limit is used. */
export function Meter({ name, shown = name, used, limit, text, isShare = false }: Props) {
  const share = limit > 0 ? Math.max(0, used / limit) : used > 0 ? 1 : 0;
  const state = isShare ? "" : share >= 1 ? css["over"] : share >= NEAR ? css["near"] : "";
  return (
    <div className={css["meter"]}>
      <div className={css["row"]}>
        <span>{shown}</span>
        <span>{text}</span>
      </div>
      <div
        className={css["track"]}
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={Math.min(1, share)}
        aria-valuetext={text}
      >
        <div
          className={`${css["fill"] ?? ""} ${state ?? ""}`}
          style={{ width: `${Math.min(1, share) * 100}%` }}
        />
      </div>
    </div>
  );
}
