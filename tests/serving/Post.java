import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;

/** Sends a file as it is, with the client that Java gives to whoever asks for nothing: it offers HTTP/2. */
public class Post {
    public static void main(String[] words) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(words[1]))
            .method(words[0], HttpRequest.BodyPublishers.ofFile(Path.of(words[2])));
        for (int at = 3; at < words.length; at += 2) {
            request.header(words[at], words[at + 1]);
        }
        HttpResponse<String> answer =
            HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
        System.out.print(answer.statusCode() + " " + answer.version());
    }
}
