import { useLingui } from "@lingui/react";
import { Button, Center } from "@mantine/core";

interface MorePagesProps {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
}

/** Below a list that goes on: fetches its next page. */
export function MorePages({ hasNextPage, isFetchingNextPage, fetchNextPage }: MorePagesProps) {
  const { i18n } = useLingui();
  if (!hasNextPage) return null;
  return (
    <Center my="md">
      <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {i18n.t("Show more")}
      </Button>
    </Center>
  );
}
