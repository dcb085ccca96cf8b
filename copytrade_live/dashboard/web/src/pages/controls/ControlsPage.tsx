import { useQuery } from "@tanstack/react-query";
import { controlsQuery } from "../../api/queries";
import { PageHead } from "../../parts/PageHead";
import { Query } from "../../parts/Query";
import { AuditPanel } from "./AuditPanel";
import css from "./Controls.module.css";
import { CutOffPanel } from "./CutOffPanel";
import { EntriesPanel } from "./EntriesPanel";
import { ModePanel } from "./ModePanel";

/** What may be switched, how it stands, and who switched it. */
export function ControlsPage() {
  const controls = useQuery(controlsQuery);
  return (
    <>
      <PageHead
        title="Controls"
        note="Every switch is an audited command to the runner, which acts on it within a second."
      />
      <Query query={controls} lines={6}>
        {(data) => (
          <div className={css["grid"]}>
            <EntriesPanel controls={data} />
            <ModePanel controls={data} />
            <CutOffPanel wallets={data.cut_off} />
          </div>
        )}
      </Query>
      <AuditPanel />
    </>
  );
}
