import { Button, Group, Popover, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { IconChevronDown, IconClock } from "@/components/icons";
import { fromLocalField, localMoment, toLocalField, utcMoment } from "@/lib/format/time";

interface Props {
  value: string | null;
  onChange: (value: string | null) => void;
}

/** Selects the time for which the graph is shown. */
export function AsOfControl({ value, onChange }: Props) {
  const [opened, setOpened] = useState(false);
  const [draft, setDraft] = useState("");
  const toggle = () => {
    setDraft(toLocalField(value));
    setOpened(!opened);
  };
  const take = (moment: string | null) => {
    setOpened(false);
    onChange(moment);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    take(fromLocalField(draft));
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus withinPortal shadow="md">
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          onClick={toggle}
          leftSection={<IconClock size={14} aria-hidden="true" />}
          rightSection={<IconChevronDown size={14} aria-hidden="true" />}
          title={value ? utcMoment(value) : undefined}
          data-testid="as-of"
        >
          {value ? `As of ${localMoment(value)}` : "As of now"}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit}>
          <TextInput type="datetime-local" size="sm" label="Show the graph as it was at" value={draft} onChange={(event) => { setDraft(event.currentTarget.value); }} data-autofocus />
          <Group justify="flex-end" mt="sm" gap={8}>
            <Button size="xs" variant="default" disabled={value === null} onClick={() => { take(null); }}>
              Back to now
            </Button>
            <Button size="xs" type="submit" disabled={draft === ""}>
              Show
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
