import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Signs acts for LeadBridge with a plain JDK 17: no library, no build. 仅需 JDK 17 的签名示例。
 *
 * <pre>
 * java LeadSigner.java kid    KEY.pem
 * java LeadSigner.java sign   KEY.pem BODY.json ISS AUD [JTI]
 * java LeadSigner.java post   URL PATH KEY.pem BODY.json ISS AUD [JTI]
 * java LeadSigner.java verify KEYS.json RECEIPT.json JWS
 * </pre>
 *
 * KEY.pem is an Ed25519 key as PKCS#8 PEM (`leadbridge keygen`, `openssl genpkey -algorithm ED25519`). `sign` prints
 * the value of X-JWS-Signature over exactly the bytes of the file. `post` sends it and prints the receipt's bytes;
 * the receipt's signature goes to standard error. `verify` checks a receipt against a file that holds the exchange's
 * key set, such as the answer to the enrolment.
 */
public final class LeadSigner {
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
    /** What stands before the 32 raw bytes of an Ed25519 public key in DER (RFC 8410 section 4). */
    private static final byte[] DER_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    public static void main(String[] words) throws Exception {
        switch (words.length == 0 ? "" : words[0]) {
            case "kid" -> System.out.println(kid(read(words[1])));
            case "sign" -> System.out.println(sign(read(words[1]), body(words[2]), words[3], words[4], jti(words, 5)));
            case "post" -> System.exit(post(words));
            case "verify" -> {
                verify(Files.readString(Path.of(words[1])), body(words[2]), words[3]);
                System.out.println("verified");
            }
            default -> {
                System.err.println("usage: java LeadSigner.java kid|sign|post|verify ... (see the top of the file)");
                System.exit(2);
            }
        }
    }

    /** The detached JWS (RFC 7515 appendix F) with unencoded payload (RFC 7797). */
    static String sign(PrivateKey key, byte[] body, String iss, String aud, String jti) throws Exception {
        // None of these values needs escaping in JSON: ids are lower-case letters, digits and hyphens.
        String header = String.format(
            "{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"lead-act+jws\",\"iss\":\"%s\",\"aud\":\"%s\","
                + "\"iat\":%d,\"jti\":\"%s\",\"b64\":false,\"crit\":[\"b64\"]}",
            kid(key), iss, aud, Instant.now().getEpochSecond(), jti);
        String encoded = BASE64URL.encodeToString(header.getBytes(StandardCharsets.US_ASCII));
        return encoded + ".." + BASE64URL.encodeToString(signature(key, signedBytes(encoded, body)));
    }

    /** The thumbprint (RFC 7638): SHA-256 of the members that make the key, ordered by name, without spaces. */
    static String kid(PrivateKey key) throws GeneralSecurityException {
        return thumbprint(BASE64URL.encodeToString(rawPublic(key)));
    }

    static int post(String[] words) throws Exception {
        byte[] body = body(words[4]);
        String jws = sign(read(words[3]), body, words[5], words[6], jti(words, 7));
        HttpRequest request = HttpRequest.newBuilder(URI.create(words[1].replaceAll("/+$", "") + words[2]))
            .timeout(Duration.ofSeconds(60))
            .header("Content-Type", "application/json")
            .header("X-JWS-Signature", jws)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
        // The JDK would first offer HTTP/2 by an Upgrade header, which not every proxy takes beside a body.
        HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        System.out.write(answer.body());
        System.out.flush();
        System.err.println(answer.headers().firstValue("X-JWS-Signature").orElse("unsigned"));
        return answer.statusCode() / 100 == 2 ? 0 : 1;
    }

    /** Returns if a key in `keys` (any JSON that holds JWKs) made this JWS over `body`; throws otherwise. */
    static void verify(String keys, byte[] body, String jws) throws Exception {
        String[] parts = jws.split("\\.", -1);
        if (parts.length != 3 || !parts[1].isEmpty()) {
            throw new GeneralSecurityException("not a detached JWS");
        }
        String kid = member("kid", new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8));
        Matcher objects = Pattern.compile("\\{[^{}]*}").matcher(keys);
        while (objects.find()) {
            String x = member("x", objects.group());
            // The id is computed, not believed: a key set cannot pass one key off under another's id.
            if (x == null || !thumbprint(x).equals(kid)) {
                continue;
            }
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(publicKey(Base64.getUrlDecoder().decode(x)));
            verifier.update(signedBytes(parts[0], body));
            if (verifier.verify(Base64.getUrlDecoder().decode(parts[2]))) {
                return;
            }
        }
        throw new GeneralSecurityException("none of these keys signed this");
    }

    private static byte[] rawPublic(PrivateKey key) throws GeneralSecurityException {
        byte[] seed = ((EdECPrivateKey) key).getBytes().orElseThrow();
        // The JDK derives a public key only while it makes a pair; so it makes one from "random" bytes that are ours.
        KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
        generator.initialize(NamedParameterSpec.ED25519, new SecureRandom() {
            @Override
            public void nextBytes(byte[] bytes) {
                System.arraycopy(seed, 0, bytes, 0, bytes.length);
            }
        });
        PublicKey derived = generator.generateKeyPair().getPublic();
        // No document promises the above, so it is proven: what the private key signs, this one verifies.
        byte[] probe = "probe".getBytes(StandardCharsets.US_ASCII);
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(derived);
        verifier.update(probe);
        if (!verifier.verify(signature(key, probe))) {
            throw new GeneralSecurityException("this JDK does not derive the public key");
        }
        byte[] der = derived.getEncoded();
        return Arrays.copyOfRange(der, der.length - 32, der.length);
    }

    private static String thumbprint(String x) throws GeneralSecurityException {
        String jwk = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + x + "\"}";
        return BASE64URL.encodeToString(
            MessageDigest.getInstance("SHA-256").digest(jwk.getBytes(StandardCharsets.US_ASCII)));
    }

    private static PublicKey publicKey(byte[] raw) throws GeneralSecurityException {
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(join(DER_PREFIX, raw)));
    }

    private static byte[] signature(PrivateKey key, byte[] message) throws GeneralSecurityException {
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(key);
        signer.update(message);
        return signer.sign();
    }

    private static byte[] signedBytes(String encodedHeader, byte[] body) {
        return join((encodedHeader + ".").getBytes(StandardCharsets.US_ASCII), body);
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static PrivateKey read(String pemFile) throws IOException, GeneralSecurityException {
        String base64 = Files.readString(Path.of(pemFile)).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("Ed25519")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    private static byte[] body(String file) throws IOException {
        return Files.readAllBytes(Path.of(file));
    }

    private static String jti(String[] words, int place) {
        return words.length > place ? words[place] : UUID.randomUUID().toString();
    }

    private static String member(String name, String object) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(object);
        return found.find() ? found.group(1) : null;
    }
}
