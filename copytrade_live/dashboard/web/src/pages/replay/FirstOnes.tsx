import { Link } from "@tanstack/react-router";
import { DataTable, type Column } from "../../parts/DataTable";
import { Word } from "../../parts/Word";

interface Row {
  seq: number;
  signal_id: string | null;
  recorded: string;
  then: string;
  note: string;
}

/** The first decisions that come out otherwise; each leads to its why. */
export function FirstOnes({ label, rows }: { label: string; rows: readonly Row[] }) {
  if (rows.length === 0) return null;
  return <DataTable label={label} rows={rows} columns={COLUMNS} rowKey={(row) => row.seq} />;
}

const COLUMNS: Column<Row>[] = [
  {
    name: "Event",
    cell: (row) =>
      row.signal_id === null ? (
        row.seq
      ) : (
        <Link to="/signals/$signalId" params={{ signalId: row.signal_id }} data-row-link>
          {row.seq}
        </Link>
      ),
  },
  { name: "Then", cell: (row) => <Word kind="reject_reasons" word={row.recorded} /> },
  {
    name: "Now",
    cell: (row) => (
      <b>
        <Word kind="reject_reasons" word={row.then} />
      </b>
    ),
  },
  { name: "Worth", isNumber: true, cell: (row) => row.note },
];
