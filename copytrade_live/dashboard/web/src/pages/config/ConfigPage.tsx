import { Alert, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { configQuery } from "../../api/queries";
import type { Schemas } from "../../api/types";
import { shortId } from "../../format/texts";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import css from "./Config.module.css";
import { DraftPanel } from "./DraftPanel";
import { SettingList } from "./SettingList";

/** The config as it lies there: every key with its meaning, the file, and a draft that is only checked. */
export function ConfigPage() {
  const config = useQuery(configQuery);
  return (
    <>
      <PageHead
        title="Config"
        note="Read here, changed in the file. The runner takes a changed file over after copytrade reload."
      />
      <Query query={config} lines={12}>
        {(data) => <Config config={data} />}
      </Query>
    </>
  );
}

function Config({ config }: { config: Schemas["ConfigView"] }) {
  const isOld = config.running_digest !== null && config.running_digest !== config.digest;
  return (
    <div className={css["stack"]}>
      {config.problem !== null && (
        <Alert color="red" title="The file is not valid">
          {config.problem}
        </Alert>
      )}
      {isOld && (
        <Alert color="yellow" title="The runner decides by another config than the file's">
          It runs {shortId(config.running_digest, 8, 0)}, the file is {shortId(config.digest, 8, 0)}. Have it
          read again: copytrade reload.
        </Alert>
      )}
      {config.waits_for_restart.length > 0 && (
        <Alert color="yellow" title="Some keys wait for a restart">
          {config.waits_for_restart.join(", ")}
        </Alert>
      )}
      <Tabs defaultValue="settings" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="file">The file</Tabs.Tab>
          <Tabs.Tab value="draft">Check a change</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="settings" pt="sm">
          <SettingList sections={config.sections} />
        </Tabs.Panel>
        <Tabs.Panel value="file" pt="sm">
          <Panel title="config.yaml" isFlush>
            <pre className={css["file"]}>{config.text}</pre>
          </Panel>
        </Tabs.Panel>
        <Tabs.Panel value="draft" pt="sm">
          <DraftPanel text={config.text} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
