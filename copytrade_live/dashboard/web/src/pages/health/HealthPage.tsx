import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "../../api/queries";
import type { Schemas } from "../../api/types";
import { useOverview } from "../../api/useOverview";
import { span } from "../../format/times";
import { foreign, shortId, title } from "../../format/texts";
import { DataTable, type Column } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { Tag } from "../../parts/Tag";
import css from "./Health.module.css";

type Component = Schemas["Component"];

/** Every part of copytrade: whether it works, and if not, why. */
export function HealthPage() {
  const health = useQuery(healthQuery);
  const { data: overview } = useOverview();
  return (
    <>
      <PageHead title="Health" />
      <div className={css["grid"]}>
        <Query query={health} lines={8}>
          {(data) => (
            <Panel
              title="Parts"
              isFlush
              actions={<Tag tone={data.ok ? "good" : "bad"}>{data.ok ? "all well" : "not all well"}</Tag>}
            >
              <DataTable label="Parts" rows={data.components} columns={COLUMNS} rowKey={(row) => row.name} />
            </Panel>
          )}
        </Query>
        <div className={css["column"]}>
          {overview && (
            <Panel title="Runner">
              <RunnerFacts overview={overview} />
            </Panel>
          )}
          <Panel title="About">
            <Facts
              rows={[
                ["copytrade", health.data?.version ?? ""],
                [
                  "Charts",
                  <a key="charts" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
                    TradingView Lightweight Charts™
                  </a>,
                ],
              ]}
            />
          </Panel>
        </div>
      </div>
    </>
  );
}

const COLUMNS: Column<Component>[] = [
  { name: "Part", cell: (row) => title(row.name) },
  { name: "State", cell: (row) => <Tag tone={row.ok ? "good" : "bad"}>{row.ok ? "works" : "fails"}</Tag> },
  { name: "Why", isWhole: true, cell: (row) => foreign(row.why) },
];

function RunnerFacts({ overview }: { overview: Schemas["Overview"] }) {
  const { runner, now_at, last_event_at, seq } = overview;
  return (
    <Facts
      rows={[
        ["Process", runner.is_alive ? `alive, pid ${runner.pid ?? "unknown"}` : "not there"],
        ["Ready", runner.is_ready ? "yes" : runner.not_ready.join("; ") || "no"],
        ["Run", shortId(runner.run_id, 14, 4)],
        ["Config", shortId(runner.config_digest, 8, 0)],
        ["Its time", new Date(now_at).toISOString().slice(0, 19).replace("T", " ")],
        [
          "Last event",
          last_event_at === null ? "none" : `${span((now_at - last_event_at) / 1000)} ago, number ${seq}`,
        ],
        [
          "Session key",
          runner.session_key_days === null ? "none: paper" : span(runner.session_key_days * 86_400),
        ],
        ...Object.entries(runner.failing).map(([part, why]) => [`Failing: ${part}`, foreign(why)] as const),
      ]}
    />
  );
}
