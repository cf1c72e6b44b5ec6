//! Signing in and choosing a password.

messages! {
    /// The sign-in page.
    Login {
        title: "Sign in", "로그인";
        to(host): "to the registry **{host}**", "**{host}** 레지스트리";
        goes_on(place): "to continue to **{place}**", "로그인하면 **{place}** 페이지로 이동합니다";
        name: "Name", "사용자 이름";
        password: "Password", "비밀번호";
        submit: "Sign in", "로그인";
        submitting: "Signing in…", "로그인 중…";
        wrong_title: "Name and password do not match", "사용자 이름 또는 비밀번호가 맞지 않습니다";
        wrong: "Check both and try again. After 5 failures there is a short wait.", "둘 다 확인한 뒤 다시 시도하세요. 5번 실패하면 잠시 기다려야 합니다.";
        throttled_title: "Too many attempts", "시도 횟수가 너무 많습니다";
        throttled(wait): "Try again in {wait}. The account is not locked.", "{wait} 후에 다시 시도하세요. 계정이 잠긴 것은 아닙니다.";
        forgotten: "Forgotten it? Ask an administrator to set a new one, or run `slipway admin reset-password` on the server.", "비밀번호를 잊으셨나요? 관리자에게 재설정을 요청하거나 서버에서 `slipway admin reset-password`를 실행하세요.";
        seconds(n count): one "{n} second", other "{n} seconds", "{n}초";
        minutes(n count): one "{n} minute", other "{n} minutes", "{n}분";
        signed_out: "You are signed out.", "로그아웃되었습니다.";
        expired_title: "Your session has ended", "세션이 종료되었습니다";
        expired: "Sign in again to go on where you were.", "다시 로그인하면 하던 작업을 계속할 수 있습니다.";
    }

    /// Asking for the password again.
    StepUp {
        label: "Your password", "내 비밀번호";
        why: "You signed in more than 10 minutes ago. Your password confirms that this is still you.", "로그인한 지 10분이 지났습니다. 본인인지 비밀번호로 확인합니다.";
    }

    /// What a one-time link opens.
    Invitation {
        title: "Choose your password", "비밀번호 설정";
        lead(name): "You sign in as **{name}**. Nobody but you will know the password.", "로그인할 때 쓰는 이름은 **{name}**입니다. 비밀번호는 본인만 알게 됩니다.";
        submit: "Save and sign in", "저장하고 로그인";
        submitting: "Saving…", "저장 중…";
        void_title: "This link no longer works", "더 이상 사용할 수 없는 링크입니다";
        void: "A link works once, within three days, and a newer one replaces it. Ask an administrator for a new link.", "링크는 3일 동안 한 번만 쓸 수 있고, 새 링크가 만들어지면 무효가 됩니다. 관리자에게 새 링크를 요청하세요.";
        sign_in: "Go to the sign-in page", "로그인 페이지로 이동";
    }

    /// The form that creates one's own account.
    Register {
        title: "Create an account", "계정 만들기";
        lead(host): "on the registry **{host}**", "**{host}** 레지스트리";
        name: "Name", "사용자 이름";
        name_hint: "You sign in with it, also from a terminal. It cannot be changed later.", "터미널을 포함해 로그인할 때 사용합니다. 나중에 바꿀 수 없습니다.";
        email: "E-mail address", "이메일 주소";
        submit: "Create the account", "계정 만들기";
        submitting: "Creating…", "만드는 중…";
        have_one: "You have an account already?", "이미 계정이 있나요?";
        sign_in: "Sign in", "로그인";
        link: "Create an account", "계정 만들기";
        no_account: "No account yet?", "아직 계정이 없나요?";
        closed_title: "Accounts are given by administrators", "계정은 관리자가 만듭니다";
        closed: "Nobody can sign up on this server. Ask an administrator for a link that opens your account.", "이 서버에서는 직접 가입할 수 없습니다. 관리자에게 계정 링크를 요청하세요.";
    }

    /// The page that chooses a new password.
    Password {
        title: "Choose a new password", "새 비밀번호 설정";
        lead(name): "Signed in as **{name}**. Any characters count, and pasting works.", "**{name}** 계정으로 로그인했습니다. 모든 문자를 쓸 수 있고 붙여넣기도 됩니다.";
        current: "Current password", "현재 비밀번호";
        new: "New password", "새 비밀번호";
        again: "Repeat the password", "비밀번호 다시 입력";
        same_so_far: "Same so far", "지금까지 일치";
        same: "The same", "일치함";
        differs: "Differs", "다름";
        submit_and_open: "Save and open the console", "저장하고 콘솔 열기";
        submit: "Save the password", "비밀번호 저장";
        submitting: "Saving…", "저장 중…";
        sign_out: "Sign out instead", "대신 로그아웃";
        back: "Back to the overview", "개요로 돌아가기";
        rules: "Rules", "규칙";
        rule_length(n): "At least {n} characters", "{n}자 이상";
        rule_length_now(n, now): "At least {n} characters ({now} now)", "{n}자 이상 (현재 {now}자)";
        rule_too_long: "At most 256 characters", "256자 이하";
        rule_hard: "Hard to guess", "추측하기 어려움";
        rule_uncommon: "Not one of the 10,000 most common", "가장 흔한 비밀번호 10,000개가 아님";
        rule_names: "Without your name or “slipway”", "사용자 이름이나 ‘slipway’ 미포함";
        met: "met", "충족";
        open: "not met yet", "아직 미충족";
        strength: "Strength", "강도";
        strength_0: "Guessed at once", "즉시 추측됨";
        strength_1: "Very weak", "매우 약함";
        strength_2: "Weak", "약함";
        strength_3: "Good", "좋음";
        strength_4: "Strong", "강함";
        failed_title: "The password was not changed", "비밀번호가 변경되지 않았습니다";
        why: "Why now?", "왜 지금인가요?";
        why_text: "This server still uses the administrator password it was delivered with. That password is printed in the manual, so until you replace it this form is the only page that opens.", "이 서버는 아직 기본 관리자 비밀번호를 사용하고 있습니다. 이 비밀번호는 설명서에 공개되어 있으므로, 바꾸기 전까지는 이 화면만 열립니다.";
        why_given_text: "An administrator set the present password, so somebody else knows it. Everything opens once you replace it.", "현재 비밀번호는 관리자가 설정한 것이라 다른 사람도 알고 있습니다. 바꾸면 모든 기능이 열립니다.";
        blocked: "What is blocked meanwhile", "그동안 제한되는 것";
        blocked_text: "Pushing, pulling and the API answer this account with an error that points here. Other accounts are not affected.", "이 계정의 푸시, 풀, API 요청은 이 화면을 안내하는 오류로 응답합니다. 다른 계정에는 영향이 없습니다.";
        save_means: "What happens when you save", "저장하면 일어나는 일";
        save_means_text: "Other browsers are signed out. You stay signed in and go to the overview.", "다른 브라우저에서는 로그아웃됩니다. 이 브라우저에서는 로그인이 유지되고 개요로 이동합니다.";
        save_means_text_here: "Other browsers are signed out. You stay signed in here.", "다른 브라우저에서는 로그아웃됩니다. 이 브라우저에서는 로그인이 유지됩니다.";
        without_form: "Setting it without this form", "이 화면 없이 설정하기";
        without_form_text: "Put the password in a file and name it when the server starts for the first time:", "비밀번호를 파일에 저장하고, 서버를 처음 시작할 때 그 파일을 지정하세요:";
        good: "What makes a good one", "좋은 비밀번호란";
        good_text: "Length beats tricks: four unrelated words are easy to type and hard to guess. A password manager is better still.", "복잡한 기호보다 길이가 중요합니다. 관련 없는 단어 네 개는 입력하기 쉽고 추측하기 어렵습니다. 비밀번호 관리자를 쓰면 더 좋습니다.";
        elsewhere: "Where else it counts", "함께 바뀌는 것";
        elsewhere_text: "`docker login` with the old password stops working within a second. Sign in again there with the new one.", "이전 비밀번호로 한 `docker login`은 1초 안에 더 이상 동작하지 않습니다. 새 비밀번호로 다시 로그인하세요.";
        changed: "Password changed", "비밀번호가 변경되었습니다";
    }
}

impl Password {
    /// What a zxcvbn score means.
    pub fn strength_word(self, score: u8) -> &'static str {
        match score {
            0 => self.strength_0(),
            1 => self.strength_1(),
            2 => self.strength_2(),
            3 => self.strength_3(),
            _ => self.strength_4(),
        }
    }
}

impl Login {
    /// A time to wait, in words.
    pub fn wait(self, seconds: u64) -> String {
        if seconds < 90 { self.seconds(seconds.max(1)) } else { self.minutes(seconds.div_ceil(60)) }
    }
}
