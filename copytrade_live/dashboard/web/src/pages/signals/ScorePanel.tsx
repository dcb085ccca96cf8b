import type { Schemas } from "../../api/types";
import { safeLink } from "../../format/links";
import { dollars, percent, points, quantity } from "../../format/numbers";
import { words } from "../../format/texts";
import { span, type Instant } from "../../format/times";
import { Facts } from "../../parts/Facts";
import { Panel } from "../../parts/Panel";
import { Empty } from "../../parts/States";
import { Tag } from "../../parts/Tag";
import { Time } from "../../parts/Time";
import { Word } from "../../parts/Word";

interface Props {
  title: string;
  score: Schemas["ScoreRow"] | null;
  snapshot: Schemas["SnapshotSeen"] | null;
  now: Instant;
}

/** What the record said about the leader, and where that came from. */
export function ScorePanel({ title, score, snapshot, now }: Props) {
  const run = safeLink(snapshot?.dagster_run_url);
  return (
    <Panel
      title={title}
      note={
        snapshot && (
          <>
            as of <Time at={snapshot.as_of_at} now={now} />,{" "}
            <span className="mono">{snapshot.snapshot_id}</span>
          </>
        )
      }
      actions={
        run !== undefined && (
          <a href={run} target="_blank" rel="noreferrer">
            Its run in Dagster
          </a>
        )
      }
    >
      {score === null ? (
        <Empty title="No score">The snapshot has no row for this leader.</Empty>
      ) : (
        <>
          <Facts
            rows={[
              ...scoreFacts(score),
              ...score.flags.map(
                (flag) =>
                  [
                    "Flag",
                    <Tag key={flag} tone="warn">
                      <Word kind="score_flags" word={flag} />
                    </Tag>,
                  ] as const,
              ),
            ]}
          />
        </>
      )}
    </Panel>
  );
}

/** A score's numbers by name. */
export function scoreFacts(score: Schemas["ScoreRow"]): (readonly [string, string])[] {
  return [
    ["Category", words(score.category)],
    ["Probability that copying pays", percent(score.p_pos)],
    ["Edge a share", `${points(score.edge_mean)} ± ${points(score.edge_sd).replace("+", "")}`],
    ["Lower 10 % bound", points(score.lcb10)],
    ["Events", `${score.n_events} (${quantity(score.n_eff)} effective)`],
    [
      "Edge lasts",
      score.breakeven_latency_seconds === null ? "not known" : span(score.breakeven_latency_seconds),
    ],
    ["Luck among all tested (q)", percent(score.q_value)],
    ["History that reconciles", percent(score.coverage)],
    ["Rested on the book", percent(score.maker_share)],
    ["Capacity", dollars(score.capacity)],
  ];
}
