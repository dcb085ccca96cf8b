import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { positionsQuery } from "../../api/queries";
import type { Position } from "../../api/types";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { CloseDialog } from "./CloseDialog";
import { MarksDialog } from "./MarksDialog";
import { PositionsSum } from "./PositionsSum";
import { PositionTable } from "./PositionTable";

function Shown({ position, onClose }: { position: Position | undefined; onClose: () => void }) {
  return position === undefined ? null : <MarksDialog position={position} onClose={onClose} />;
}

/** What we hold, what it is worth now, and when we leave it. */
export function PositionsPage() {
  const positions = useQuery(positionsQuery);
  const [shown, setShown] = useState<string | null>(null);
  const [closing, setClosing] = useState<Position | null>(null);
  return (
    <>
      <PageHead
        title="Positions"
        note="Marks move by themselves. The exit plan says what would sell, at which bid, and when."
      />
      <Query query={positions} lines={8}>
        {(data) => (
          <>
            {data.items.length > 0 && <PositionsSum items={data.items} />}
            <Panel title="Open positions" isFlush>
              <PositionTable items={data.items} now={data.now_at} onClose={setClosing} onOpen={setShown} />
            </Panel>
            <Shown
              position={data.items.find((one) => one.token_id === shown)}
              onClose={() => {
                setShown(null);
              }}
            />
          </>
        )}
      </Query>
      {closing && (
        <CloseDialog
          position={closing}
          onEnd={() => {
            setClosing(null);
          }}
        />
      )}
    </>
  );
}
