import type { Position } from "../../api/types";
import { count, dollars, gain, tone } from "../../format/numbers";
import { Stat } from "../../parts/Stat";
import css from "./PositionsPage.module.css";

/** All positions together. */
export function PositionsSum({ items }: { items: readonly Position[] }) {
  const sum = (pick: (row: Position) => number): number => items.reduce((total, row) => total + pick(row), 0);
  const unrealised = sum((row) => row.unrealised_pnl);
  const leaders = new Set(items.map((row) => row.wallet)).size;
  return (
    <dl className={css["sum"]}>
      <Stat name="Held" value={items.length} note={`copied from ${count(leaders, "leader")}`} />
      <Stat name="Cost" value={dollars(sum((row) => row.cost))} />
      <Stat name="Value at the mark" value={dollars(sum((row) => row.value))} />
      <Stat name="Open gain" value={gain(unrealised)} tone={tone(unrealised)} />
    </dl>
  );
}
