import type { ReactNode } from "react";
import { gain, tone } from "../format/numbers";
import css from "./GainBars.module.css";

interface Bar {
  key: string;
  name: ReactNode;
  value: number;
  note: string;
}

/** Gains to the right, losses to the left of one line, on one scale. */
export function GainBars({ bars }: { bars: readonly Bar[] }) {
  const largest = Math.max(0.01, ...bars.map((bar) => Math.abs(bar.value)));
  return (
    <div className={css["bars"]}>
      {bars.map((bar) => (
        <div key={bar.key} className={css["row"]} title={bar.note}>
          <span className="clip">{bar.name}</span>
          <div className={css["track"]} aria-hidden>
            <span className={css["axis"]} />
            <span
              className={`${css["bar"] ?? ""} ${(bar.value < 0 ? css["down"] : css["up"]) ?? ""}`}
              style={{ width: `${(Math.abs(bar.value) / largest) * 50}%` }}
            />
          </div>
          <span className={tone(bar.value)}>{gain(bar.value)}</span>
        </div>
      ))}
    </div>
  );
}
