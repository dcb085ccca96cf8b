import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/types";
import { shownValue } from "../../format/values";
import { title } from "../../format/texts";
import { Panel } from "../../parts/Panel";
import { Empty } from "../../parts/States";
import { Tag } from "../../parts/Tag";
import css from "./Config.module.css";

type Section = Schemas["SectionView"];
type Setting = Schemas["Setting"];

/** Every key by section, with what it means and may be; what is not the default stands out. */
export function SettingList({ sections }: { sections: readonly Section[] }) {
  const [wanted, setWanted] = useState("");
  const [isChangedOnly, setChangedOnly] = useState(false);
  const found = sections
    .map((section) => ({
      ...section,
      settings: section.settings.filter((one) => matches(one, wanted) && !(isChangedOnly && one.is_default)),
    }))
    .filter((section) => section.settings.length > 0);
  return (
    <div className={css["stack"]}>
      <div className={css["buttons"]}>
        <TextInput
          className={css["search"]}
          aria-label="Find a setting"
          placeholder="Find a setting, or what it means"
          value={wanted}
          data-filter
          onChange={(event) => {
            setWanted(event.currentTarget.value);
          }}
        />
        <label>
          <input
            type="checkbox"
            checked={isChangedOnly}
            onChange={(event) => {
              setChangedOnly(event.currentTarget.checked);
            }}
          />{" "}
          Only what is not the default
        </label>
      </div>
      {found.length === 0 && (
        <Empty title="No setting says that">Try another word of its name or meaning.</Empty>
      )}
      {found.map((section) => (
        <Panel key={section.name} title={title(section.name) || "General"} note={section.meaning} isFlush>
          <dl>
            {section.settings.map((setting) => (
              <Row key={setting.path} setting={setting} />
            ))}
          </dl>
        </Panel>
      ))}
    </div>
  );
}

function Row({ setting }: { setting: Setting }) {
  return (
    <div className={css["setting"]}>
      <dt className="mono">{setting.name}</dt>
      <dd className={css["value"]}>
        {setting.is_default ? (
          shownValue(setting.value)
        ) : (
          <Tag tone="accent">{shownValue(setting.value)}</Tag>
        )}
        <small>
          {setting.is_default ? "default" : `default ${shownValue(setting.default)}`}
          {setting.allowed !== "" && `, ${setting.allowed}`}
        </small>
      </dd>
      <dd>{setting.meaning}</dd>
    </div>
  );
}

function matches(setting: Setting, wanted: string): boolean {
  const word = wanted.trim().toLowerCase();
  return (
    word === "" ||
    setting.path.includes(word.replaceAll(" ", "_")) ||
    setting.meaning.toLowerCase().includes(word)
  );
}
