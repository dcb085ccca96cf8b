import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { equityQuery } from "../../api/queries";
import type { Schemas } from "../../api/types";
import type { ChartLine } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import { dollars, percent } from "../../format/numbers";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { Empty } from "../../parts/States";

/** Equity over time, and how far it stood below its peak. */
export function EquityPanel({ isCatchingUp }: { isCatchingUp: boolean }) {
  const equity = useQuery(equityQuery);
  return (
    <Panel title="Equity and drawdown" note={isCatchingUp ? "The journal is still being read" : undefined}>
      <Query query={equity} lines={8}>
        {(data) =>
          data.points.length < 2 ? (
            <Empty title="No curve yet">It begins with the runner's first looks at its money.</Empty>
          ) : (
            <EquityChart title="Equity and drawdown" points={data.points} />
          )
        }
      </Query>
    </Panel>
  );
}

/** The curve of some equity points. */
export function EquityChart({ title, points }: { title: string; points: readonly Schemas["EquityPoint"][] }) {
  const lines = useMemo(() => equityLines(points), [points]);
  return <TimeChart title={title} lines={lines} height={300} />;
}

function equityLines(points: readonly Schemas["EquityPoint"][]): ChartLine[] {
  const of = (pick: (point: Schemas["EquityPoint"]) => number) =>
    points.map((one) => ({ at: one.at, value: pick(one) }));
  return [
    { name: "Equity", colour: "accent", kind: "area", show: dollars, points: of((one) => one.equity) },
    { name: "Cash", colour: "ink-2", kind: "step", show: dollars, points: of((one) => one.cash) },
    {
      name: "Drawdown",
      colour: "loss",
      kind: "area",
      show: percent,
      pane: 1,
      points: of((one) => -one.drawdown),
    },
  ];
}
