import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { leaderQuery } from "../../api/queries";
import { foreign, shortId } from "../../format/texts";
import { PageHead } from "../../parts/PageHead";
import { Query } from "../../parts/Query";
import { CutOffDialog } from "./CutOffDialog";
import { LeaderDetail } from "./LeaderDetail";
import css from "./LeaderPage.module.css";

/** One leader: what the record says of it, how that changed, and what our copies made of it. */
export function LeaderPage() {
  const { wallet } = useParams({ from: "/shell/leaders/$wallet" });
  const detail = useQuery(leaderQuery(wallet));
  const [isAsking, setAsking] = useState(false);
  const isCut = detail.data?.leader.cut_off ?? false;
  return (
    <>
      <PageHead
        title={`Leader ${shortId(wallet)}`}
        note={<span className={`mono ${css["wallet"] ?? ""}`}>{foreign(wallet)}</span>}
        actions={
          <Button
            size="xs"
            variant={isCut ? "filled" : "default"}
            onClick={() => {
              setAsking(true);
            }}
          >
            {isCut ? "Copy again…" : "Cut off…"}
          </Button>
        }
      />
      <Query query={detail} lines={10}>
        {(data) => <LeaderDetail detail={data} />}
      </Query>
      {isAsking && (
        <CutOffDialog
          wallet={wallet}
          isCut={isCut}
          onEnd={() => {
            setAsking(false);
          }}
        />
      )}
    </>
  );
}
