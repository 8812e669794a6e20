import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One OpenSearch node on loopback. Arguments: its folder, its port. Ends with SIGTERM. */
public final class Node {
    public static void main(String[] arguments) throws Exception {
        String folder = arguments[0];
        int port = Integer.parseInt(arguments[1]);
        OpenSearchRunner runner = new OpenSearchRunner();
        // The runner looks for a free port itself, below 9300 by default.
        runner.setMaxHttpPort(port);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
        runner.onBuild((number, settings) -> {
            settings.put("discovery.type", "single-node");
            settings.put("network.host", "127.0.0.1");
            settings.put("http.port", port);
            settings.put("transport.port", "0");
        });
        runner.build(OpenSearchRunner.newConfigs()
            .basePath(folder).numOfNode(1).clusterName("sluice").printOnFailure());
        // Its threads are daemons: without this one the program would end at once.
        Thread.currentThread().join();
    }

    private static void close(OpenSearchRunner runner) {
        try {
            runner.close();
        } catch (Exception failure) {
            failure.printStackTrace();
        }
    }
}
