import { client } from "../lib/client.ts";
import { useLoad } from "../lib/load.ts";

export function ListPage() {
  const { data, error, isLoading } = useLoad("artifacts", (signal) =>
    client.getArtifacts({ options: { maxResultSize: 100 } }, { signal }),
  );
  if (error) return <p role="alert">{error.message}</p>;
  if (isLoading) return <p>Loading…</p>;
  return (
    <table>
      <thead>
        <tr>
          <th>ID</th>
          <th>Type</th>
          <th>Name</th>
          <th>URI</th>
        </tr>
      </thead>
      <tbody>
        {data?.artifacts.map((artifact) => (
          <tr key={String(artifact.id)}>
            <td>{String(artifact.id)}</td>
            <td>{artifact.type}</td>
            <td>{artifact.name}</td>
            <td>{artifact.uri}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
