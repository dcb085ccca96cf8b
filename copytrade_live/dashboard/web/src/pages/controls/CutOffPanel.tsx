import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Panel } from "../../parts/Panel";
import { Wallet } from "../../parts/Wallet";
import { CutOffDialog } from "../leaders/CutOffDialog";
import css from "./Controls.module.css";

/** Leaders that are not copied any more. */
export function CutOffPanel({ wallets }: { wallets: readonly string[] }) {
  const [asked, setAsked] = useState<string | null>(null);
  return (
    <Panel title="Leaders cut off">
      <div className={css["stack"]}>
        {wallets.length === 0 ? (
          <p className="dim">
            None. Cut one off from its page: <Link to="/leaders">Leaders</Link>
          </p>
        ) : (
          <div className={css["cuts"]}>
            {wallets.map((wallet) => (
              <div key={wallet} className={css["cut"]}>
                <Wallet wallet={wallet} />
                <Button
                  size="compact-xs"
                  variant="default"
                  onClick={() => {
                    setAsked(wallet);
                  }}
                >
                  Copy again…
                </Button>
              </div>
            ))}
          </div>
        )}
      </div>
      {asked !== null && (
        <CutOffDialog
          wallet={asked}
          isCut
          onEnd={() => {
            setAsked(null);
          }}
        />
      )}
    </Panel>
  );
}
