import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { latestSignalsQuery } from "../../api/signals";
import type { Instant } from "../../format/times";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { SignalTable } from "../signals/SignalTable";

/** The newest signals and their answers. */
export function LatestSignals({ now }: { now: Instant }) {
  const signals = useQuery(latestSignalsQuery);
  return (
    <Panel title="Latest signals" isFlush actions={<Link to="/signals">All signals</Link>}>
      <Query query={signals} lines={6}>
        {(page) => <SignalTable rows={page.items} now={now} />}
      </Query>
    </Panel>
  );
}
