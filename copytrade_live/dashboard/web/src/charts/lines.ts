import type { Instant } from "../format/times";

/** A colour by its meaning; tokens.css says what it is in each scheme. */
export type Colour = "accent" | "gain" | "loss" | "warn" | "ink-2";

/** One line over time. pane: 0 is the large one, 1 the small one under it. */
export interface ChartLine {
  name: string;
  colour: Colour;
  kind: "area" | "line" | "step";
  points: readonly { at: Instant; value: number }[];
  show: (value: number) => string;
  pane?: 0 | 1;
}

/** Points by whole second, in order, the last of each second; what the chart library asks for. */
export function bySecond(points: ChartLine["points"]): { time: number; value: number }[] {
  const found = new Map<number, number>();
  for (const point of points) {
    if (Number.isFinite(point.value)) found.set(Math.floor(point.at / 1000), point.value);
  }
  return [...found].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value }));
}

/** A sentence for those who cannot see the chart. */
export function described(title: string, lines: readonly ChartLine[]): string {
  const parts = lines.map((line) => {
    const values = line.points.map((point) => point.value);
    const [first, last] = [values[0], values.at(-1)];
    if (first === undefined || last === undefined) return `${line.name}: no points`;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return `${line.name}: from ${line.show(first)} to ${line.show(last)}, between ${line.show(low)} and ${line.show(high)}`;
  });
  return `${title}. ${parts.join(". ")}.`;
}
