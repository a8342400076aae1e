import java.io.IOException;
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks with the JDK's HttpClient: JdkHttpClient.java LOGIN QUESTION.... LOGIN is user:password for its
 * Authenticator, or empty. A question is lines: method, URL, bytes to upload, and headers. One client for all.
 */
class JdkHttpClient {
    public static void main(String[] arguments) throws InterruptedException {
        HttpClient.Builder builder = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL);
        if (!arguments[0].isEmpty()) {
            String[] login = arguments[0].split(":", 2);
            builder.authenticator(new Authenticator() {
                @Override
                protected PasswordAuthentication getPasswordAuthentication() {
                    return new PasswordAuthentication(login[0], login[1].toCharArray());
                }
            });
        }
        HttpClient client = builder.build();
        List<String> told = new ArrayList<>();
        for (int index = 1; index < arguments.length; index++) {
            told.add(ask(client, arguments[index].split("\n")));
        }
        System.out.println("[" + String.join(",", told) + "]");
    }

    static String ask(HttpClient client, String[] question) throws InterruptedException {
        int upload = Integer.parseInt(question[2]);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(question[1])).timeout(Duration.ofSeconds(60));
        byte[] body = "x".repeat(upload).getBytes();
        request.method(question[0], upload == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        for (int index = 3; index < question.length; index++) {
            String[] header = question[index].split(": ", 2);
            request.header(header[0], header[1]);
        }
        try {
            HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
            List<String> headers = new ArrayList<>();
            response.headers().map().forEach((name, values) ->
                headers.add(quoted(name.toLowerCase()) + ":" + quoted(String.join(", ", values))));
            return "{\"status\":" + response.statusCode() + ",\"headers\":{" + String.join(",", headers)
                + "},\"body\":" + quoted(response.body()) + "}";
        } catch (IOException error) {
            return "{\"status\":0,\"headers\":{},\"body\":" + quoted(error.toString()) + "}";
        }
    }

    /** As a string of JSON. */
    static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            json.append(c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
        return json.append('"').toString();
    }
}
