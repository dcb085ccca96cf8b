import type { Score } from "../../api/types";
import { Interval } from "../../charts/Interval";
import { percent, points } from "../../format/numbers";
import { words } from "../../format/texts";
import { DataTable, type Column } from "../../parts/DataTable";
import { likely, reachOf } from "./belief";

/** A leader's scores by what it trades. */
export function CategoryTable({ rows }: { rows: readonly Score[] }) {
  const reach = reachOf(rows);
  const columns: Column<Score>[] = [
    { name: "Category", cell: (row) => words(row.category), sortBy: (row) => row.category },
    { name: "Pays", isNumber: true, cell: (row) => percent(row.p_pos), sortBy: (row) => row.p_pos },
    {
      name: "Edge a share",
      isLine: true,
      cell: (row) => {
        const { low, high, text } = likely(row);
        return (
          <span className="nowrap">
            <Interval low={low} mean={row.edge_mean} high={high} reach={reach} label={text} />{" "}
            {points(row.edge_mean)}
          </span>
        );
      },
    },
    { name: "Lower bound", isNumber: true, cell: (row) => points(row.lcb10), sortBy: (row) => row.lcb10 },
    { name: "Events", isNumber: true, cell: (row) => row.n_events, sortBy: (row) => row.n_events },
  ];
  return (
    <DataTable label="Scores by category" rows={rows} columns={columns} rowKey={(row) => row.category} />
  );
}
