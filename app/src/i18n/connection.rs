//! What a look from outside found: for each finding what it is about, what was seen, why it matters, and the remedy.

use super::format::bytes;
use api_types::{ClockPlace, Finding, StoreStep};

messages! {
    /// What a look from outside found.
    Connection {
        address: "Address", "주소";
        no_url: "No `public_url` is set, so there is no address to look at.", "`public_url`이 설정되지 않아 확인할 주소가 없습니다.";
        no_url_why: "Links, the token realm and the commands of the console follow each request's own host until it is set.", "설정하기 전에는 링크, 토큰 영역, 콘솔의 명령이 각 요청의 호스트를 따릅니다.";
        no_url_remedy: "Set `public_url = \"https://…\"` to the address that everybody uses, and restart.", "모두가 사용하는 주소를 `public_url = \"https://…\"`로 설정하고 다시 시작하세요.";
        reached(address, took): "{address} took a connection after {took} ms.", "{address}에 {took} ms 만에 연결되었습니다.";
        name_unknown(host, reason): "The name `{host}` has no address here: {reason}.", "이름 `{host}`의 주소를 찾을 수 없습니다: {reason}.";
        name_unknown_why: "No client finds the server.", "어떤 클라이언트도 서버를 찾을 수 없습니다.";
        name_unknown_remedy: "Make a DNS record for it, or correct `public_url`.", "DNS 레코드를 만들거나 `public_url`을 고치세요.";
        not_reached(host, reason): "`{host}` takes no connection from here: {reason}.", "여기서 `{host}`에 연결할 수 없습니다: {reason}.";
        not_reached_why: "If clients see the same, they can neither push nor pull. A server that may not reach its own outside address sees this too.", "클라이언트도 같다면 푸시도 풀도 할 수 없습니다. 서버가 자신의 외부 주소에 접근할 수 없을 때도 이렇게 보입니다.";
        not_reached_remedy: "Look at the load balancer's listener, at security groups and firewalls, and run `slipway check` from a client's network.", "로드 밸런서의 리스너, 보안 그룹, 방화벽을 확인하고 클라이언트 네트워크에서 `slipway check`를 실행하세요.";

        certificate: "Certificate", "인증서";
        certificate_good(days): "It is trusted and good for {days} more days.", "신뢰할 수 있으며 {days}일 더 유효합니다.";
        certificate_soon(days): "It ends in {days} days.", "{days}일 뒤에 만료됩니다.";
        certificate_soon_why: "Then every client refuses the server.", "만료되면 모든 클라이언트가 서버를 거부합니다.";
        certificate_soon_remedy: "Renew it now, and see why that has not happened by itself.", "지금 갱신하고, 자동으로 갱신되지 않은 이유를 확인하세요.";
        certificate_expired: "It has expired.", "만료되었습니다.";
        certificate_not_yet: "It is not valid yet.", "아직 유효하지 않습니다.";
        certificate_refused_why: "Docker, podman and browsers refuse it.", "Docker, podman, 브라우저가 거부합니다.";
        certificate_expired_remedy: "Renew it where TLS ends. If it was renewed, load it there.", "TLS가 끝나는 곳에서 갱신하세요. 이미 갱신했다면 그곳에서 다시 불러오세요.";
        certificate_not_yet_remedy: "Compare the clock of this machine with that of who issued it.", "이 서버의 시계를 발급한 곳의 시계와 비교하세요.";
        certificate_untrusted(reason): "No authority that this machine trusts vouches for it: {reason}.", "이 서버가 신뢰하는 인증 기관이 보증하지 않습니다: {reason}.";
        certificate_untrusted_remedy: "Serve the whole chain (`fullchain.pem`) of a public authority. With an authority of your own, put its certificate into `/etc/docker/certs.d/HOST/ca.crt` on every client, and into `SSL_CERT_FILE` for this check.", "공인 인증 기관의 전체 체인(`fullchain.pem`)을 제공하세요. 자체 인증 기관이라면 그 인증서를 모든 클라이언트의 `/etc/docker/certs.d/HOST/ca.crt`에 넣고, 이 검사에는 `SSL_CERT_FILE`로 지정하세요.";
        certificate_others(host, names): "It is not for `{host}`, but for {names}.", "`{host}`용이 아니라 {names}용입니다.";
        certificate_others_remedy(host): "Get one with `{host}` among its names, or correct `public_url`.", "`{host}`가 이름에 포함된 인증서를 받거나 `public_url`을 고치세요.";
        other_names: "other names", "다른 이름";
        no_tls(reason): "The handshake of TLS fails: {reason}.", "TLS 핸드셰이크가 실패합니다: {reason}.";
        no_tls_why: "`public_url` says https, and clients speak nothing else then.", "`public_url`이 https이므로 클라이언트는 TLS로만 연결합니다.";
        no_tls_remedy: "Have the load balancer end TLS at this port, or give Slipway a certificate with `[tls]`.", "로드 밸런서가 이 포트에서 TLS를 처리하게 하거나 `[tls]`로 Slipway에 인증서를 지정하세요.";
        plain_http(url): "`{url}` is plain HTTP.", "`{url}` 주소는 암호화되지 않은 HTTP입니다.";
        plain_http_why: "Passwords and images travel readable, and Docker refuses such a registry unless told otherwise on every machine.", "비밀번호와 이미지가 암호화되지 않고 전송되며, Docker는 모든 컴퓨터에서 따로 설정하지 않는 한 이런 레지스트리를 거부합니다.";
        plain_http_remedy: "End TLS before Slipway or in it, and write https into `public_url`.", "Slipway 앞이나 안에서 TLS를 처리하고 `public_url`을 https로 바꾸세요.";

        server: "Server", "서버";
        ours(version): "This installation answers, Slipway {version}.", "이 서버가 응답합니다(Slipway {version}).";
        redirect_loop(location): "`/v2/` is redirected to itself: {location}.", "`/v2/`가 자기 자신으로 리디렉션됩니다: {location}.";
        redirect_why: "Clients never arrive.", "클라이언트가 서버에 도달하지 못합니다.";
        redirect_loop_remedy: "Something redirects HTTP to HTTPS and gets HTTP itself. Redirect only where clients connect, or have the proxy before it speak HTTPS to it (in Cloudflare: Full instead of Flexible).", "HTTP를 HTTPS로 리디렉션하는 프록시가 자신은 HTTP로 요청을 받고 있습니다. 클라이언트가 연결하는 곳에서만 리디렉션하거나, 앞의 프록시가 HTTPS로 연결하게 하세요(Cloudflare에서는 Flexible 대신 Full).";
        redirected_away(location): "`/v2/` is redirected to {location}.", "`/v2/`가 {location} 주소로 리디렉션됩니다.";
        redirected_away_why: "Clients do not take their credentials along to another address, and pushes are not redirected at all.", "클라이언트는 다른 주소로 자격 증명을 보내지 않으며, 푸시는 리디렉션되지 않습니다.";
        redirected_away_remedy: "Set `public_url` to the address that answers itself, or end the redirect of `/v2/`.", "직접 응답하는 주소를 `public_url`로 설정하거나 `/v2/`의 리디렉션을 없애세요.";
        gateway(status): "The proxy answers {status}: it does not reach Slipway.", "프록시가 {status}로 응답합니다. Slipway에 연결하지 못하고 있습니다.";
        gateway_why: "Everybody else gets the same answer.", "다른 모든 사용자도 같은 응답을 받습니다.";
        gateway_remedy: "Compare the proxy's upstream with `listen`, and see that it speaks what Slipway speaks there, HTTP or HTTPS. `/readyz` says whether Slipway is ready.", "프록시의 업스트림을 `listen`과 비교하고, Slipway와 같은 방식(HTTP 또는 HTTPS)으로 연결하는지 확인하세요. `/readyz`에서 Slipway의 준비 상태를 알 수 있습니다.";
        somebody_else(status): "Something else answers there ({status}), or a Slipway with another secret.", "다른 서버가 응답하거나({status}) 비밀 키가 다른 Slipway입니다.";
        somebody_else_why: "Whoever uses this address reaches another server. Replicas with different secrets refuse each other's tokens.", "이 주소를 쓰면 다른 서버에 연결됩니다. 비밀 키가 다른 복제본은 서로의 토큰을 거부합니다.";
        somebody_else_remedy: "Pass every path on to Slipway, `/v2/` above all, with the methods POST, PUT, PATCH and DELETE. Give all replicas the same `secret_key`.", "`/v2/`를 비롯한 모든 경로를 POST, PUT, PATCH, DELETE까지 Slipway로 전달하세요. 모든 복제본에 같은 `secret_key`를 지정하세요.";

        realm: "Token realm", "토큰 영역";
        realm_good(realm): "Clients are sent to `{realm}`.", "클라이언트를 `{realm}` 주소로 보냅니다.";
        realm_wrong(realm, expected): "Clients are sent to `{realm}` instead of `{expected}`.", "클라이언트를 `{expected}` 대신 `{realm}` 주소로 보냅니다.";
        realm_why: "`docker login` goes there and fails, or sends the password over plain HTTP.", "`docker login`이 그 주소로 가서 실패하거나 비밀번호를 암호화되지 않은 HTTP로 보냅니다.";
        realm_scheme_remedy: "Set `public_url` in the running server, or have the proxy send `X-Forwarded-Proto` and name it in `trusted_proxies`.", "실행 중인 서버에 `public_url`을 설정하거나, 프록시가 `X-Forwarded-Proto`를 보내게 하고 `trusted_proxies`에 지정하세요.";
        realm_host_remedy: "Set `public_url` in the running server, or have the proxy pass the host on with its port (in nginx: `proxy_set_header Host $http_host`).", "실행 중인 서버에 `public_url`을 설정하거나, 프록시가 호스트를 포트까지 전달하게 하세요(nginx: `proxy_set_header Host $http_host`).";
        realm_missing(status): "`/v2/` answers {status} and names no realm.", "`/v2/`가 {status}로 응답하고 토큰 영역을 알려 주지 않습니다.";
        realm_missing_why: "Clients do not learn where to sign in.", "클라이언트가 로그인할 곳을 알 수 없습니다.";
        realm_missing_remedy: "Let `WWW-Authenticate` through, and do not ask for a sign-in of the proxy's own.", "`WWW-Authenticate`를 그대로 전달하고, 프록시에서 따로 로그인을 요구하지 마세요.";

        client: "Client addresses", "클라이언트 주소";
        client_direct(client): "Requests come straight from clients; this one from {client}.", "요청이 클라이언트에서 직접 옵니다. 이번 요청은 {client}에서 왔습니다.";
        client_known(peer, client): "The proxy {peer} is trusted and names clients; this one as {client}.", "신뢰하는 프록시 {peer}가 클라이언트를 알려 줍니다. 이번 요청은 {client}입니다.";
        proxy_untrusted(peer): "The proxy {peer} names clients, and is not trusted.", "프록시 {peer}가 클라이언트를 알려 주지만 신뢰 목록에 없습니다.";
        client_why: "Guesses of passwords are counted, and the log is written, as if all came from one address; one guesser slows everybody down.", "모든 요청이 한 주소에서 온 것처럼 비밀번호 추측이 집계되고 로그가 기록됩니다. 한 사람이 추측하면 모두가 느려집니다.";
        proxy_untrusted_remedy(peer): "Add it: `trusted_proxies = [\"{peer}\"]`, or its network.", "추가하세요: `trusted_proxies = [\"{peer}\"]`. 네트워크로 지정해도 됩니다.";
        client_hidden(peer): "What stands before Slipway at {peer} does not say who asks.", "Slipway 앞의 {peer}가 누가 요청하는지 알려 주지 않습니다.";
        client_hidden_remedy: "Have it send `X-Forwarded-For` (nginx: `proxy_set_header X-Forwarded-For $remote_addr`) and name it in `trusted_proxies`; have a balancer of TCP preserve client addresses.", "`X-Forwarded-For`를 보내게 하고(nginx: `proxy_set_header X-Forwarded-For $remote_addr`) `trusted_proxies`에 지정하세요. TCP 로드 밸런서라면 클라이언트 주소를 보존하게 하세요.";
        client_forged(peer): "The trusted proxy {peer} passes on what clients claim to be.", "신뢰하는 프록시 {peer}가 클라이언트가 주장하는 주소를 그대로 전달합니다.";
        client_forged_why: "Anybody may write any address into the log, and gets around the limits for guessing passwords.", "누구나 로그에 아무 주소나 남기고 비밀번호 추측 제한을 피할 수 있습니다.";
        client_forged_remedy: "Have the proxy write `X-Forwarded-For` itself, in place of what came or after it, or take it out of `trusted_proxies`.", "프록시가 `X-Forwarded-For`를 직접 쓰거나 덧붙이게 하고, 아니면 `trusted_proxies`에서 빼세요.";

        bodies: "Large layers", "큰 레이어";
        body_passed(size): "Bodies come through; {size} was announced and taken.", "본문이 그대로 전달됩니다. {size} 전송을 알렸고 받아들여졌습니다.";
        body_refused(size, status): "A body of {size} is answered with {status}.", "{size} 본문에 {status}로 응답합니다.";
        body_broke(size, reason): "A body of {size} breaks off: {reason}.", "{size} 본문이 중간에 끊깁니다: {reason}.";
        body_why: "Every layer that is larger cannot be pushed.", "이보다 큰 레이어는 푸시할 수 없습니다.";
        body_remedy: "Lift the proxy's limit: `client_max_body_size 0;` in nginx, whose default is 1 MB; `nginx.ingress.kubernetes.io/proxy-body-size: \"0\"` for its ingress. Cloudflare's proxy ends at 100 MB.", "프록시의 제한을 없애세요. nginx는 기본이 1 MB이므로 `client_max_body_size 0;`, 인그레스는 `nginx.ingress.kubernetes.io/proxy-body-size: \"0\"`입니다. Cloudflare 프록시는 100 MB까지만 허용합니다.";
        body_held: "The proxy waits for the whole body before it passes anything on.", "프록시가 본문 전체를 받은 뒤에야 전달합니다.";
        body_held_why: "Each layer is written to the proxy's disk first: pushes take longer, fill that disk, and may run into its time limits.", "레이어가 먼저 프록시의 디스크에 기록되어 푸시가 느려지고, 디스크가 차며, 시간 제한에 걸릴 수 있습니다.";
        body_held_remedy: "Turn that off: `proxy_request_buffering off;` in nginx.", "이 기능을 끄세요. nginx에서는 `proxy_request_buffering off;`입니다.";

        clock_outside: "Clock outside", "외부 시계";
        clock_database: "Clock of the database", "데이터베이스 시계";
        clock_bucket: "Clock of the bucket", "버킷 시계";
        clock_good: "It agrees with the clock of this machine.", "이 서버의 시계와 일치합니다.";
        clock_ahead(seconds): "It is {seconds} s ahead of the clock of this machine.", "이 서버의 시계보다 {seconds}초 빠릅니다.";
        clock_behind(seconds): "It is {seconds} s behind the clock of this machine.", "이 서버의 시계보다 {seconds}초 느립니다.";
        clock_why: "Tokens are taken for 60 s around their time, and a bucket refuses requests that are 15 minutes off.", "토큰은 앞뒤 60초까지만 유효하고, 버킷은 15분 이상 차이 나는 요청을 거부합니다.";
        clock_remedy: "Have both machines follow a time server (`chrony`, `systemd-timesyncd`).", "두 서버가 시간 서버를 따르게 하세요(`chrony`, `systemd-timesyncd`).";

        database: "Database", "데이터베이스";
        database_good(version, took): "{version} answers in {took} ms.", "{version} 데이터베이스가 {took} ms 만에 응답합니다.";
        database_failed(reason): "It does not answer: {reason}.", "응답하지 않습니다: {reason}.";
        database_why: "Nothing works without it.", "데이터베이스 없이는 아무것도 동작하지 않습니다.";
        database_remedy: "See whether it runs, whether `database.url` and the password are right, and whether a firewall is between.", "실행 중인지, `database.url`과 비밀번호가 맞는지, 방화벽이 막고 있지 않은지 확인하세요.";

        store: "Store", "저장소";
        store_good(took): "Storing, reading, uploads in parts, listing and deleting work; they took {took} ms.", "저장, 읽기, 분할 업로드, 목록, 삭제가 모두 동작합니다({took} ms).";
        blobs_moved: "All blobs have moved here. `storage.previous` is without effect and can be taken away, and so can the place it names.", "모든 블롭이 이곳으로 옮겨졌습니다. `storage.previous`는 더 이상 쓰이지 않으므로 설정과 이전 저장소를 모두 제거해도 됩니다.";
        store_refused(step, reason): "It refuses {step}: {reason}.", "{step} 요청을 거부합니다: {reason}.";
        step_put: "to store an object (`s3:PutObject`)", "객체 저장(`s3:PutObject`)";
        step_get: "to read an object (`s3:GetObject`)", "객체 읽기(`s3:GetObject`)";
        step_multipart: "to begin an upload in parts and to give it up (`s3:PutObject`, `s3:AbortMultipartUpload`)", "분할 업로드 시작과 취소(`s3:PutObject`, `s3:AbortMultipartUpload`)";
        step_list: "to list what unfinished uploads left behind (`s3:ListBucket`, `s3:ListBucketMultipartUploads`)", "미완료 업로드 목록(`s3:ListBucket`, `s3:ListBucketMultipartUploads`)";
        step_delete: "to delete an object (`s3:DeleteObject`)", "객체 삭제(`s3:DeleteObject`)";
        why_put: "Nothing can be pushed.", "아무것도 푸시할 수 없습니다.";
        why_get: "Nothing can be pulled.", "아무것도 풀할 수 없습니다.";
        why_multipart: "Layers of more than 8 MiB cannot be pushed, or what is left of them is paid for and never removed.", "8 MiB보다 큰 레이어를 푸시할 수 없거나, 남은 조각이 지워지지 않고 비용이 청구됩니다.";
        why_list: "What crashed uploads left behind is never found and removed.", "중단된 업로드가 남긴 조각을 찾아 지울 수 없습니다.";
        why_delete: "Deleted images keep their space.", "삭제한 이미지의 공간이 회수되지 않습니다.";
        store_remedy: "For a bucket compare the policy of the role or key with the one in the documentation (On AWS), and with the key of its encryption; for a folder look at its owner and at the room on the disk.", "버킷이라면 역할이나 키의 정책과 암호화 키의 권한을 문서(On AWS)와 비교하고, 폴더라면 소유자와 디스크 여유 공간을 확인하세요.";

        redirect: "Pulls from the bucket", "버킷에서 풀";
        bucket_reached(host): "Clients that are redirected to `{host}` get what they came for.", "`{host}` 주소로 리디렉션된 클라이언트가 블롭을 정상적으로 받습니다.";
        bucket_not_reached(host, reason): "`{host}`, to which clients are redirected, cannot be used from here: {reason}.", "클라이언트가 리디렉션되는 `{host}` 주소를 여기서 사용할 수 없습니다: {reason}.";
        bucket_private(host, address): "`{host}` has the address {address}, which is not reached from as far as that of `public_url`.", "`{host}`의 주소 {address}에는 `public_url`의 주소보다 좁은 범위에서만 접근할 수 있습니다.";
        bucket_short_name(host): "`{host}` has no domain in its name: it is known beside the server, and hardly to clients.", "`{host}`에는 도메인이 없습니다. 서버 주변에서만 통하는 이름이라 클라이언트는 대개 찾을 수 없습니다.";
        bucket_refused(host, status): "`{host}` answers {status} to a URL that was signed for a client.", "`{host}`가 클라이언트용으로 서명한 URL에 {status}로 응답합니다.";
        bucket_why: "With `storage.s3.redirect` clients fetch every layer there themselves, and pulls fail where they cannot.", "`storage.s3.redirect`를 켜면 클라이언트가 모든 레이어를 그곳에서 직접 받으므로, 접근할 수 없으면 풀이 실패합니다.";
        bucket_remedy: "Set `storage.s3.public_endpoint` to the name by which clients reach the store, or `storage.s3.redirect = false` to have layers pass through Slipway.", "클라이언트가 저장소에 접근하는 이름을 `storage.s3.public_endpoint`로 설정하거나, `storage.s3.redirect = false`로 레이어가 Slipway를 거치게 하세요.";
        bucket_refused_remedy: "See that reading is allowed to the role or key (`s3:GetObject`, `kms:Decrypt`), that no policy of the bucket asks for a network or VPC, and that no proxy changes host or path on the way.", "역할이나 키에 읽기(`s3:GetObject`, `kms:Decrypt`)가 허용되는지, 버킷 정책이 특정 네트워크나 VPC를 요구하지 않는지, 중간 프록시가 호스트나 경로를 바꾸지 않는지 확인하세요.";
    }
}

/// A finding in words. What was seen, why it matters and the remedy may have code in them, as [`crate::components::Rich`] shows it;
/// the last two are empty where all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What was looked at.
    pub title: &'static str,
    /// What was seen.
    pub seen: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

fn well(title: &'static str, seen: String) -> Words {
    Words { title, seen, why: String::new(), remedy: String::new() }
}

fn wrong(title: &'static str, seen: impl Into<String>, why: &'static str, remedy: impl Into<String>) -> Words {
    Words { title, seen: seen.into(), why: why.to_owned(), remedy: remedy.into() }
}

/// Microseconds as milliseconds: `0.04`, `0.4`, `12`. What was too fast to be told is under the least that is.
pub fn milliseconds(microseconds: u64) -> String {
    match microseconds {
        0..10 => "<0.01".to_owned(),
        10..100 => format!("0.{:02}", microseconds / 10),
        100..10_000 => format!("{}.{}", microseconds / 1000, microseconds % 1000 / 100),
        _ => (microseconds / 1000).to_string(),
    }
}

impl Connection {
    /// A finding in words.
    pub fn words(self, finding: &Finding) -> Words {
        match finding {
            Finding::NoPublicUrl => wrong(self.address(), self.no_url(), self.no_url_why(), self.no_url_remedy()),
            Finding::Reached { address, milliseconds } => well(self.address(), self.reached(address, milliseconds)),
            Finding::NameUnknown { host, reason } => wrong(
                self.address(),
                self.name_unknown(host, reason),
                self.name_unknown_why(),
                self.name_unknown_remedy(),
            ),
            Finding::NotReached { host, reason } => {
                wrong(self.address(), self.not_reached(host, reason), self.not_reached_why(), self.not_reached_remedy())
            }
            Finding::CertificateEndsSoon { days } => wrong(
                self.certificate(),
                self.certificate_soon(days),
                self.certificate_soon_why(),
                self.certificate_soon_remedy(),
            ),
            Finding::CertificateExpired => wrong(
                self.certificate(),
                self.certificate_expired(),
                self.certificate_refused_why(),
                self.certificate_expired_remedy(),
            ),
            Finding::CertificateNotYetValid => wrong(
                self.certificate(),
                self.certificate_not_yet(),
                self.certificate_refused_why(),
                self.certificate_not_yet_remedy(),
            ),
            Finding::CertificateUntrusted { reason } => wrong(
                self.certificate(),
                self.certificate_untrusted(reason),
                self.certificate_refused_why(),
                self.certificate_untrusted_remedy(),
            ),
            Finding::CertificateForOthers { host, names } => {
                let others = if names.is_empty() { self.other_names().to_owned() } else { names.join(", ") };
                wrong(
                    self.certificate(),
                    self.certificate_others(host, others),
                    self.certificate_refused_why(),
                    self.certificate_others_remedy(host),
                )
            }
            Finding::NoTls { reason } => {
                wrong(self.certificate(), self.no_tls(reason), self.no_tls_why(), self.no_tls_remedy())
            }
            Finding::PlainHttp { url } => {
                wrong(self.certificate(), self.plain_http(url), self.plain_http_why(), self.plain_http_remedy())
            }
            Finding::CertificateGood { days } => well(self.certificate(), self.certificate_good(days)),
            Finding::Ours { version } => well(self.server(), self.ours(version)),
            Finding::RedirectLoop { location } => {
                wrong(self.server(), self.redirect_loop(location), self.redirect_why(), self.redirect_loop_remedy())
            }
            Finding::RedirectedAway { location } => wrong(
                self.server(),
                self.redirected_away(location),
                self.redirected_away_why(),
                self.redirected_away_remedy(),
            ),
            Finding::GatewayFailed { status } => {
                wrong(self.server(), self.gateway(status), self.gateway_why(), self.gateway_remedy())
            }
            Finding::SomebodyElse { status } => {
                wrong(self.server(), self.somebody_else(status), self.somebody_else_why(), self.somebody_else_remedy())
            }
            Finding::RealmGood { realm } => well(self.realm(), self.realm_good(realm)),
            Finding::RealmScheme { realm, expected } => {
                wrong(self.realm(), self.realm_wrong(realm, expected), self.realm_why(), self.realm_scheme_remedy())
            }
            Finding::RealmHost { realm, expected } => {
                wrong(self.realm(), self.realm_wrong(realm, expected), self.realm_why(), self.realm_host_remedy())
            }
            Finding::RealmMissing { status } => {
                wrong(self.realm(), self.realm_missing(status), self.realm_missing_why(), self.realm_missing_remedy())
            }
            Finding::ClientKnown { client, peer } => well(self.client(), self.client_known(peer, client)),
            Finding::ProxyUntrusted { peer } => {
                wrong(self.client(), self.proxy_untrusted(peer), self.client_why(), self.proxy_untrusted_remedy(peer))
            }
            Finding::ClientHidden { peer } => {
                wrong(self.client(), self.client_hidden(peer), self.client_why(), self.client_hidden_remedy())
            }
            Finding::ClientForged { peer } => {
                wrong(self.client(), self.client_forged(peer), self.client_forged_why(), self.client_forged_remedy())
            }
            Finding::ClientDirect { client } => well(self.client(), self.client_direct(client)),
            Finding::BodyPassed { bytes: size } => well(self.bodies(), self.body_passed(bytes(*size))),
            Finding::BodyRefused { bytes: size, status } => {
                let seen = self.body_refused(bytes(*size), status);
                wrong(self.bodies(), seen, self.body_why(), self.body_remedy())
            }
            Finding::BodyBroke { bytes: size, reason } => {
                wrong(self.bodies(), self.body_broke(bytes(*size), reason), self.body_why(), self.body_remedy())
            }
            Finding::BodyHeldBack => {
                wrong(self.bodies(), self.body_held(), self.body_held_why(), self.body_held_remedy())
            }
            Finding::ClockGood { place, .. } => well(self.clock(*place), self.clock_good().to_owned()),
            Finding::ClockOff { place, milliseconds } => {
                let seconds = milliseconds.unsigned_abs() / 1000;
                let seen = if *milliseconds > 0 { self.clock_ahead(seconds) } else { self.clock_behind(seconds) };
                wrong(self.clock(*place), seen, self.clock_why(), self.clock_remedy())
            }
            Finding::DatabaseGood { version, microseconds } => well(
                self.database(),
                self.database_good(version.replacen("Sqlite", "SQLite", 1), milliseconds(*microseconds)),
            ),
            Finding::DatabaseFailed { reason } => {
                wrong(self.database(), self.database_failed(reason), self.database_why(), self.database_remedy())
            }
            Finding::BlobsMoved => well(self.store(), self.blobs_moved().to_owned()),
            Finding::StoreGood { milliseconds } => well(self.store(), self.store_good(milliseconds)),
            Finding::StoreRefused { step, reason } => {
                let (named, why) = self.step(*step);
                wrong(self.store(), self.store_refused(named, reason), why, self.store_remedy())
            }
            Finding::BucketReached { host } => well(self.redirect(), self.bucket_reached(host)),
            Finding::BucketNotReached { host, reason } => {
                wrong(self.redirect(), self.bucket_not_reached(host, reason), self.bucket_why(), self.bucket_remedy())
            }
            Finding::BucketPrivate { host, address } => {
                wrong(self.redirect(), self.bucket_private(host, address), self.bucket_why(), self.bucket_remedy())
            }
            Finding::BucketShortName { host } => {
                wrong(self.redirect(), self.bucket_short_name(host), self.bucket_why(), self.bucket_remedy())
            }
            Finding::BucketRefused { host, status } => wrong(
                self.redirect(),
                self.bucket_refused(host, status),
                self.bucket_why(),
                self.bucket_refused_remedy(),
            ),
        }
    }

    fn clock(self, place: ClockPlace) -> &'static str {
        match place {
            ClockPlace::Outside => self.clock_outside(),
            ClockPlace::Database => self.clock_database(),
            ClockPlace::Bucket => self.clock_bucket(),
        }
    }

    /// What is refused, and what that keeps people from.
    fn step(self, step: StoreStep) -> (&'static str, &'static str) {
        match step {
            StoreStep::Put => (self.step_put(), self.why_put()),
            StoreStep::Get => (self.step_get(), self.why_get()),
            StoreStep::Multipart => (self.step_multipart(), self.why_multipart()),
            StoreStep::List => (self.step_list(), self.why_list()),
            StoreStep::Delete => (self.step_delete(), self.why_delete()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn nothing_answers_in_no_time() {
        for (microseconds, told) in [
            (0, "<0.01"),
            (9, "<0.01"),
            (10, "0.01"),
            (47, "0.04"),
            (99, "0.09"),
            (100, "0.1"),
            (4_290, "4.2"),
            (12_900, "12"),
        ] {
            assert_eq!(milliseconds(microseconds), told, "{microseconds}");
        }
    }
}
