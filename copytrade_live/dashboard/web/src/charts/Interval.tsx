import css from "./Interval.module.css";

interface Props {
  low: number;
  mean: number;
  high: number;
  /** How far the scale reaches on both sides of zero. */
  reach: number;
  label: string;
}

/** A belief about a number: where it likely lies, against zero. */
export function Interval({ low, mean, high, reach, label }: Props) {
  const x = (value: number): number =>
    ((Math.max(-reach, Math.min(reach, value)) + reach) / (2 * reach)) * 100;
  return (
    <span className={css["interval"]} role="img" aria-label={label} title={label}>
      <span className={css["zero"]} style={{ left: "50%" }} />
      <span
        className={css["range"]}
        style={{ left: `${x(low)}%`, width: `${Math.max(2, x(high) - x(low))}%` }}
      />
      <span className={css["mean"]} style={{ left: `${x(mean)}%` }} />
    </span>
  );
}
