import { Button } from "@mantine/core";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { client, take } from "../../api/client";
import type { Command } from "../../api/types";
import { foreign, shortId, words } from "../../format/texts";
import { DataTable, type Column } from "../../parts/DataTable";
import { Panel } from "../../parts/Panel";
import { Empty, Failure, Loading } from "../../parts/States";
import { Tag } from "../../parts/Tag";
import { Time } from "../../parts/Time";
import css from "./Controls.module.css";

const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  queryFn: ({ signal, pageParam }) =>
    take(
      client.GET("/api/controls/audit", {
        signal,
        params: { query: { limit: 30, ...(pageParam !== null && { before: pageParam }) } },
      }),
    ),
  initialPageParam: null as number | null,
  getNextPageParam: (last) => last.next_before,
});

/** Who told the runner what, and whether it has acted on it. */
export function AuditPanel() {
  const audit = useInfiniteQuery(auditQuery);
  const rows = audit.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Audit trail" note="Every command, newest first" isFlush>
      {audit.isPending && <Loading lines={5} />}
      {audit.error && rows.length === 0 && (
        <Failure error={audit.error} onRetry={() => void audit.refetch()} />
      )}
      {audit.data &&
        (rows.length === 0 ? (
          <Empty title="Nobody has switched anything">
            Halts, resumes, cutoffs and closes are listed here with who and why.
          </Empty>
        ) : (
          <DataTable
            label="Audit trail"
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => `${row.journal} ${row.command_id}`}
          />
        ))}
      {audit.hasNextPage && (
        <div className={css["buttons"]}>
          <Button
            size="xs"
            variant="subtle"
            loading={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            Older ones
          </Button>
        </div>
      )}
    </Panel>
  );
}

const OPENED = Date.now();

const COLUMNS: Column<Command>[] = [
  { name: "Asked", cell: (row) => <Time at={row.asked_at} now={OPENED} /> },
  { name: "What", cell: (row) => <b>{words(row.verb)}</b> },
  {
    name: "About",
    isWhole: true,
    cell: (row) => <span className="mono">{shortId(row.wallet ?? row.argument, 10, 4)}</span>,
  },
  { name: "By", cell: (row) => foreign(row.by) },
  { name: "Note", isWhole: true, cell: (row) => foreign(row.note) },
  { name: "Of", cell: (row) => row.journal },
  {
    name: "Acted on",
    cell: (row) =>
      row.taken_seq === null ? (
        <Tag tone="warn">waits for the runner</Tag>
      ) : (
        <Tag tone="good" title={`journal event ${row.taken_seq}`}>
          done
        </Tag>
      ),
  },
];
