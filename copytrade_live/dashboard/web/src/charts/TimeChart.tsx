import { useComputedColorScheme } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Loading } from "../parts/States";
import { described, type ChartLine } from "./lines";
import css from "./TimeChart.module.css";

// The chart library is loaded once a page shows a chart.
const Drawing = lazy(() => import("./Drawing"));

interface Props {
  title: string;
  lines: readonly ChartLine[];
  height?: number;
  /** Which part of the height the lower pane takes, where there is one. */
  lower?: number;
}

/** Lines over time, with their values under the pointer. */
export function TimeChart({ title, lines, height = 260, lower = 0.24 }: Props) {
  const scheme = useComputedColorScheme("light");
  return (
    <div className={css["chart"]} style={{ height }} role="img" aria-label={described(title, lines)}>
      <Suspense fallback={<Loading lines={5} />}>
        <Drawing key={scheme} lines={lines} height={height} lower={lower} />
      </Suspense>
    </div>
  );
}
