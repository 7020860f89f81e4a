import { Text } from "@mantine/core";
import { useFormat } from "./useFormat.ts";

/** The head of a column of times, with the zone that they are in: the viewer's. */
export function ZonedHead({ name }: { readonly name: string }) {
  const { zone } = useFormat();
  return (
    <>
      {name}{" "}
      <Text span display="block" size="xs" c="dimmed" fw="normal">
        <bdi>{zone}</bdi>
      </Text>
    </>
  );
}
