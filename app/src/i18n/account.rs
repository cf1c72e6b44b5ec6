//! A person's own account.

messages! {
    /// A person's own account.
    Account {
        title: "Your account", "내 계정";
        signed_in_as(name): "Signed in as {name}", "{name} 계정으로 로그인됨";
        tabs: "Parts of your account", "내 계정 메뉴";
        profile: "Profile", "프로필";
        password: "Password", "비밀번호";
        devices: "Devices", "기기";
        appearance: "Appearance", "화면";
        username: "User name", "사용자 이름";
        since: "Account since", "계정 생성일";
        display_name: "Display name", "표시 이름";
        display_name_hint: "Others see it in the console. You sign in with your user name in any case.", "콘솔에서 다른 사용자에게 보입니다. 로그인할 때는 항상 사용자 이름을 씁니다.";
        email: "E-mail address", "이메일 주소";
        email_hint: "Administrators see it. Slipway sends no mail.", "관리자에게 보입니다. Slipway는 메일을 보내지 않습니다.";
        saved: "Your profile was saved.", "프로필을 저장했습니다.";
        devices_title: "Where you are signed in", "로그인된 기기";
        devices_text: "A device that you do not know? Sign it out, then change your password. Terminals with `docker login` are not listed here; a new password ends those too.", "모르는 기기가 있다면 로그아웃한 뒤 비밀번호를 바꾸세요. `docker login`한 터미널은 여기에 나오지 않지만, 비밀번호를 바꾸면 함께 끊깁니다.";
        devices_alone: "You are signed in nowhere else. Sessions end after 30 minutes without use, and after 12 hours in any case, unless the operator set other times.", "다른 곳에서는 로그인되어 있지 않습니다. 운영자가 바꾸지 않았다면 세션은 30분 동안 사용하지 않거나 12시간이 지나면 종료됩니다.";
        browser_on(browser, system): "{browser} on {system}", "{system}의 {browser}";
        unknown_browser: "Unknown browser", "알 수 없는 브라우저";
        this_device: "This browser", "현재 브라우저";
        opened: "Signed in", "로그인:";
        seen: "Last used", "마지막 사용:";
        end: "Sign out", "로그아웃";
        end_named(name): "Sign out {name}", "{name} 로그아웃";
        end_others(n count): one "Sign out the other device", other "Sign out {n} other devices", "다른 기기 {n}대 로그아웃";
        ended: "Signed out there.", "로그아웃했습니다.";
        not_ended: "The device could not be signed out. Load the page again.", "로그아웃하지 못했습니다. 페이지를 다시 불러오세요.";
        theme: "Appearance", "화면 테마";
        theme_text: "System follows the setting of this device.", "‘시스템’은 이 기기의 설정을 따릅니다.";
        language: "Language", "언어";
        language_text: "Theme and language are saved in this browser, not in your account.", "테마와 언어는 계정이 아니라 이 브라우저에 저장됩니다.";
    }
}
