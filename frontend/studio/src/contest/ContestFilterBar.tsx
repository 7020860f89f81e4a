import { useLingui } from "@lingui/react";
import { Button, Group, Select, TextInput } from "@mantine/core";
import { SearchIcon } from "../ui/icons.tsx";
import { type ContestFilter, contestStates, stateKey, stateOfKey } from "./contest.model.ts";
import { stateName } from "./contest.words.ts";

interface ContestFilterBarProps {
  readonly filter: ContestFilter;
  readonly markets: readonly string[];
  readonly onChange: (filter: ContestFilter) => void;
}

/** Search, state and market; what is chosen lives in the address. */
export function ContestFilterBar({ filter, markets, onChange }: ContestFilterBarProps) {
  const { i18n } = useLingui();
  const filtered = filter.q !== undefined || filter.state !== undefined || filter.market !== undefined;
  return (
    <Group component="search" gap="sm" mb="md" align="end">
      <TextInput
        label={i18n.t("Find")}
        placeholder={i18n.t("Id or title")}
        leftSection={<SearchIcon size={16} />}
        value={filter.q ?? ""}
        onChange={(event) => onChange({ ...filter, q: event.currentTarget.value || undefined })}
        flex="1 1 14rem"
        maw={360}
      />
      <Select
        label={i18n.t("State")}
        placeholder={i18n.t("Any")}
        clearable
        data={contestStates.map((state) => ({ value: stateKey(state), label: stateName(i18n, state) }))}
        value={filter.state ?? null}
        onChange={(value) => {
          const state = stateOfKey(value ?? undefined);
          onChange({ ...filter, state: state === undefined ? undefined : stateKey(state) });
        }}
        w={160}
      />
      <Select
        label={i18n.t("Market")}
        placeholder={i18n.t("Any")}
        clearable
        data={[...markets]}
        value={filter.market ?? null}
        onChange={(value) => onChange({ ...filter, market: value ?? undefined })}
        w={140}
      />
      {filtered ? (
        <Button variant="subtle" onClick={() => onChange({})}>
          {i18n.t("Clear")}
        </Button>
      ) : null}
    </Group>
  );
}
