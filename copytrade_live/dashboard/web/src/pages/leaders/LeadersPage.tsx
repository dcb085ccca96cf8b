import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { leadersQuery } from "../../api/queries";
import type { Leader, Schemas } from "../../api/types";
import { useNow } from "../../api/useOverview";
import { safeLink } from "../../format/links";
import { count } from "../../format/numbers";
import { Choice } from "../../parts/Choice";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { Time } from "../../parts/Time";
import { LeaderTable } from "./LeaderTable";

const LISTS = {
  all: { name: "All scored wallets", keeps: () => true },
  followed: { name: "Followed", keeps: (one: Leader) => one.is_followed },
  copied: { name: "Whose next fill would be copied", keeps: (one: Leader) => one.copied !== "no" },
  mine: { name: "Copied so far", keeps: (one: Leader) => one.copies + one.open_positions > 0 },
};

type List = keyof typeof LISTS;

const OPTIONS = Object.entries(LISTS).map(([value, list]) => ({ value: value as List, name: list.name }));

/** The published scores, best first, and what our copies made of them. */
export function LeadersPage() {
  const leaders = useQuery(leadersQuery);
  const [list, setList] = useState<List>("all");
  return (
    <>
      <PageHead title="Leaders" note={leaders.data && <Source leaders={leaders.data} />} />
      <Panel
        title="Best first"
        note="Ranked by what copying them is believed to earn"
        isFlush
        actions={<Choice label="Show" value={list} options={OPTIONS} onChoose={setList} isFilter />}
      >
        <Query query={leaders} lines={10}>
          {(data) => <LeaderTable items={data.items.filter(LISTS[list].keeps)} isEmpty={data.total === 0} />}
        </Query>
      </Panel>
    </>
  );
}

function Source({ leaders }: { leaders: Schemas["Leaders"] }) {
  const now = useNow();
  const run = safeLink(leaders.dagster_run_url);
  if (leaders.snapshot_id === null) return <>No scores are published yet.</>;
  return (
    <>
      {count(leaders.total, "wallet")} scored as of <Time at={leaders.as_of_at} now={now} />
      {run !== undefined && (
        <>
          {" "}
          by{" "}
          <a href={run} target="_blank" rel="noreferrer">
            this run in Dagster
          </a>
        </>
      )}
    </>
  );
}
