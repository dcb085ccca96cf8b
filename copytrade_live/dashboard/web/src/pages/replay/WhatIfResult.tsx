import type { Schemas } from "../../api/types";
import { count, dollars, gain, quantity, tone } from "../../format/numbers";
import { title } from "../../format/texts";
import { DataTable, type Column } from "../../parts/DataTable";
import { Stat, Stats } from "../../parts/Stat";
import { FirstOnes } from "./FirstOnes";
import css from "./ReplayPage.module.css";

type Found = Schemas["WhatIf"];
type Outcome = Schemas["OutcomeCount"];

/** What would have come out otherwise, and what that is known to be worth. */
export function WhatIfResult({ found }: { found: Found }) {
  return (
    <div className={css["stack"]}>
      <Stats>
        <Stat
          name="Decisions that change"
          value={found.changed}
          note={`of ${found.decisions.toLocaleString("en-US")}`}
        />
        <Stat
          name="Known difference"
          value={gain(found.known_difference)}
          tone={tone(found.known_difference)}
          note={`from ${count(found.known_copies, "copy", "copies")} that ended`}
        />
        <Stat
          name="New copies"
          value={found.new_copies}
          note={`${dollars(found.new_notional)}, with no record`}
        />
        <Stat name="Not known yet" value={found.unknown_copies} note="copies still open" />
      </Stats>
      <DataTable
        label="Decisions by outcome"
        rows={found.outcomes}
        columns={OUTCOMES}
        rowKey={(row) => row.outcome}
      />
      <FirstOnes label="First changes" rows={found.first.map((one) => ({ ...one, note: worth(one) }))} />
    </div>
  );
}

const OUTCOMES: Column<Outcome>[] = [
  { name: "Outcome", isWhole: true, cell: (row) => title(row.outcome) },
  { name: "Then", isNumber: true, cell: (row) => row.before },
  { name: "With this config", isNumber: true, cell: (row) => row.after },
  {
    name: "Difference",
    isNumber: true,
    cell: (row) =>
      row.after === row.before
        ? ""
        : `${row.after > row.before ? "+" : ""}${quantity(row.after - row.before)}`,
  },
];

function worth(one: Schemas["Change"]): string {
  if (one.pnl !== null) return gain(one.pnl);
  return dollars(one.notional_then ?? one.notional);
}
