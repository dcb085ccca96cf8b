import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { pnlQuery } from "../../api/queries";
import type { Schemas } from "../../api/types";
import { GainBars } from "../../charts/GainBars";
import { count, gain } from "../../format/numbers";
import { foreign } from "../../format/texts";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { Empty } from "../../parts/States";
import { Wallet } from "../../parts/Wallet";

const BY: { value: Schemas["PnlBy"]; label: string }[] = [
  { value: "leader", label: "Leader" },
  { value: "category", label: "Category" },
  { value: "day", label: "Day" },
];
const SHOWN = 8;

/** Whom and what the money came from. */
export function PnlPanel() {
  const [by, setBy] = useState<Schemas["PnlBy"]>("leader");
  const pnl = useQuery(pnlQuery(by));
  return (
    <Panel
      title="Profit and loss by"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Profit and loss by"
          data={BY}
          value={by}
          onChange={(value) => {
            setBy(value);
          }}
        />
      }
    >
      <Query query={pnl} lines={6}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty title="Nothing earned or lost yet">
              The first copy that gains or loses shows up here.
            </Empty>
          ) : (
            <GainBars bars={shown(data).map(bar)} />
          )
        }
      </Query>
    </Panel>
  );
}

function shown(pnl: Schemas["Pnl"]): Schemas["PnlRow"][] {
  return pnl.by === "day" ? pnl.rows.slice(-SHOWN) : pnl.rows.slice(0, SHOWN);
}

function bar(row: Schemas["PnlRow"]) {
  const record = row.copies === 0 ? "" : `, ${row.wins} of ${count(row.copies, "copy", "copies")} won`;
  return {
    key: row.key,
    name: row.key.startsWith("0x") ? <Wallet wallet={row.key} /> : foreign(row.key, "unknown"),
    value: row.realised + row.unrealised,
    note: `${gain(row.realised)} closed, ${gain(row.unrealised)} open${record}`,
  };
}
