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
  const low = Math.min(0, ...bars.map((bar) => bar.value));
  const high = Math.max(0.01, ...bars.map((bar) => bar.value));
  const place = (value: number): number => ((value - low) / (high - low)) * 100;
  return (
    <div className={css["bars"]}>
      {bars.map((bar) => (
        <div key={bar.key} className={css["row"]} title={bar.note}>
          <span className="clip">{bar.name}</span>
          <div className={css["track"]} aria-hidden>
            <span className={css["axis"]} style={{ left: `${place(0)}%` }} />
            <span
              className={`${css["bar"] ?? ""} ${(bar.value < 0 ? css["down"] : css["up"]) ?? ""}`}
              style={{
                left: `${place(Math.min(0, bar.value))}%`,
                width: `${place(Math.max(0, bar.value)) - place(Math.min(0, bar.value))}%`,
              }}
            />
          </div>
          <span className={tone(bar.value)}>{gain(bar.value)}</span>
        </div>
      ))}
    </div>
  );
}
