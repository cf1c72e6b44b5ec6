// The people of a company.

/** Adds some through the console's form; `id` finds one's number. */
export async function employ(slipway) {
  const client = await slipway.signedIn();
  const add = async (username, display_name, email = '') => {
    await client.open('/admin/users?new=1');
    await client.submit({ username, display_name, email });
  };
  await add('mira', 'Mira Sandoval', 'mira@northwind.example');
  await add('j.okafor', 'Jude Okafor');
  await add('hana', '김하나', 'hana@northwind.example');
  return {
    async id(username) {
      const page = await client.open(`/admin/users?filter=${username}`);
      return /person=(\d+)/.exec(page.text)[1];
    },
  };
}
