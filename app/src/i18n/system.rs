//! The page of the system.

messages! {
    /// The page of the system.
    System {
        title: "System", "시스템";
        started: "Started", "시작:";
        answers: "Healthy", "정상";
        silent: "Does not answer", "응답 없음";
        latency: "Latency", "응답 시간";
        latency_of(took): "{took} ms", "{took} ms";
        version: "Version", "버전";
        size: "Size", "크기";
        clock: "Clock", "시계";
        clock_same: "Agrees with this process", "이 프로세스와 일치";
        clock_ahead(took): "{took} ms ahead of this process", "이 프로세스보다 {took} ms 빠름";
        clock_behind(took): "{took} ms behind this process", "이 프로세스보다 {took} ms 느림";

        database: "Database", "데이터베이스";
        kind: "Kind", "종류";
        sqlite: "SQLite, in this process", "SQLite(이 프로세스 안)";
        postgres: "PostgreSQL", "PostgreSQL";

        store: "Store", "저장소";
        folder: "Folder", "폴더";
        bucket: "Bucket", "버킷";
        endpoint: "Endpoint", "엔드포인트";
        amazon: "Amazon S3", "Amazon S3";
        pulls: "Pulls", "풀";
        pulls_redirected: "Redirected to the bucket", "버킷으로 리디렉션";
        pulls_through: "Through Slipway", "Slipway를 거침";
        stored: "Blobs", "블롭";

        content: "Content", "콘텐츠";
        projects: "Projects", "프로젝트";
        repositories: "Repositories", "저장소";
        tags: "Tags", "태그";
        blobs: "Blobs", "블롭";
        people: "People", "사용자";
        uploads: "Uploads under way", "진행 중인 업로드";

        outside: "Addresses and TLS", "주소와 TLS";
        public_url: "Configured address", "설정된 주소";
        public_url_none: "Not set; taken from each request", "설정되지 않음(각 요청에서 가져옴)";
        your_url: "How you reach it", "접속한 주소";
        your_address: "You come from", "접속 위치";
        tls: "TLS", "TLS";
        tls_here: "Ends in Slipway", "Slipway에서 처리";
        tls_before: "Ends before Slipway", "Slipway 앞에서 처리";
        tls_none: "None", "없음";
        proxies: "Trusted proxies", "신뢰하는 프록시";
        commit: "Commit", "커밋";

        check: "Connection check", "연결 검사";
        check_lead: "Slipway requests its own configured address and tries the store, as clients do.", "Slipway가 클라이언트처럼 설정된 주소에 요청하고 저장소를 시험합니다.";
        check_now: "Check now", "지금 검사";
        checking: "Checking…", "검사 중…";
        check_never: "Not checked yet.", "아직 검사하지 않았습니다.";
        check_never_text: "It takes a few seconds: name, certificate, proxy, token realm, large bodies, clocks, database and store.", "몇 초면 됩니다: 이름, 인증서, 프록시, 토큰 영역, 큰 본문, 시계, 데이터베이스, 저장소를 확인합니다.";
        check_terminal: "The same in a terminal: `slipway check`.", "터미널에서도 할 수 있습니다: `slipway check`.";
        checked: "Checked", "검사:";
        all_well: "All is well", "모두 정상";
        failures(n count): one "{n} failure", other "{n} failures", "실패 {n}건";
        warnings(n count): one "{n} warning", other "{n} warnings", "경고 {n}건";
        passed(n count): one "{n} passed", other "{n} passed", "통과 {n}건";
        failure: "Failure", "실패";
        warning: "Warning", "경고";
        pass: "Passed", "통과";
        remedy: "Fix", "해결 방법";
    }
}
