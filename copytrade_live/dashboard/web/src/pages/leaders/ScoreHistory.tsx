import { useMemo } from "react";
import type { Schemas } from "../../api/types";
import type { ChartLine } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import { percent, points as edge } from "../../format/numbers";
import { Empty } from "../../parts/States";

type Point = Schemas["ScorePoint"];

/** A leader's score in every snapshot. */
export function ScoreHistory({ points }: { points: readonly Point[] }) {
  const lines = useMemo(() => linesOf(points), [points]);
  if (points.length < 2) {
    return <Empty title="One snapshot so far">With the next published scores a line begins here.</Empty>;
  }
  return <TimeChart title="History of the score" lines={lines} height={300} lower={0.4} />;
}

function linesOf(points: readonly Point[]): ChartLine[] {
  const of = (pick: (point: Point) => number) => points.map((one) => ({ at: one.at, value: pick(one) }));
  return [
    { name: "Pays", colour: "accent", kind: "step", show: percent, points: of((one) => one.p_pos) },
    { name: "Edge", colour: "gain", kind: "step", show: edge, pane: 1, points: of((one) => one.edge_mean) },
    {
      name: "Lower bound",
      colour: "ink-2",
      kind: "step",
      show: edge,
      pane: 1,
      points: of((one) => one.lcb10),
    },
  ];
}
