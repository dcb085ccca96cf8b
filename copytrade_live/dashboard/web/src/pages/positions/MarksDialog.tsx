import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { marksQuery } from "../../api/queries";
import type { Position, Schemas } from "../../api/types";
import type { ChartLine, Colour } from "../../charts/lines";
import { TimeChart } from "../../charts/TimeChart";
import { cents } from "../../format/numbers";
import { foreign } from "../../format/texts";
import { marketName } from "../../parts/Market";
import { Query } from "../../parts/Query";
import { Empty } from "../../parts/States";

/** How a share's worth moved since we hold it, between the bids that would sell it. */
export function MarksDialog({ position, onClose }: { position: Position; onClose: () => void }) {
  const marks = useQuery(marksQuery(position.token_id));
  return (
    <Modal opened onClose={onClose} size="lg" title={marketName(position.title, position.condition_id)}>
      <p className="dim">
        A share of <b>{foreign(position.outcome, "an unnamed outcome")}</b> since we hold it; level lines are
        what we paid and the bids at which rules sell.
      </p>
      <Query query={marks} lines={8}>
        {(data) =>
          data.points.length < 2 ? (
            <Empty title="No line yet">It begins with the next marks, minutes after the purchase.</Empty>
          ) : (
            <Chart position={position} points={data.points} />
          )
        }
      </Query>
    </Modal>
  );
}

function Chart({ position, points }: { position: Position; points: readonly Schemas["MarkPoint"][] }) {
  const lines = useMemo(() => linesOf(position, points), [position, points]);
  return <TimeChart title="Price of a share" lines={lines} height={280} />;
}

const LEVELS: Readonly<Record<string, { name: string; colour: Colour }>> = {
  take_profit: { name: "Take profit", colour: "gain" },
  stop_loss: { name: "Stop loss", colour: "loss" },
};

function linesOf(position: Position, points: readonly Schemas["MarkPoint"][]): ChartLine[] {
  const level = (name: string, colour: Colour, value: number): ChartLine => {
    const ends = [points[0], points.at(-1)].filter((one) => one !== undefined);
    return { name, colour, kind: "line", show: cents, points: ends.map(({ at }) => ({ at, value })) };
  };
  const rules = position.plan.flatMap((rule) => {
    const shown = LEVELS[rule.reason];
    return shown && rule.level !== null ? [level(shown.name, shown.colour, rule.level)] : [];
  });
  const mark = points.map(({ at, mark: value }) => ({ at, value }));
  return [
    { name: "Mark", colour: "accent", kind: "step", show: cents, points: mark },
    level("Paid", "ink-2", position.average_cost),
    ...rules,
  ];
}
