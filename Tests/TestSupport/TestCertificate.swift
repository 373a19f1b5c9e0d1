/// For localhost and 127.0.0.1, signed by itself, valid for a century; used nowhere else.
package enum TestCertificate {
    package static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUNe6v/Fx2W+9oQbSNBYLF+xczzE4wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA0NTMzMVoYDzIxMjYxMDI4
        MDQ1MzMxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATu94Kv1cOc54++Vqm90SOmPhIV0UTvn8pPQt2mGjVzJFtFUhj+NyQp
        lioXSK7zs8PYoD/ZixL4oOyBxrz+1ZUNo28wbTAdBgNVHQ4EFgQUKJJVmI4q74B8
        A7UFMeQmVNuwTaUwHwYDVR0jBBgwFoAUKJJVmI4q74B8A7UFMeQmVNuwTaUwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgXstN/svIZVzZYHiBqC+8G4gfm5cJksYDJDKcfLK0kwQCIFlH
        nDuhPGqB6ixbw3wVPYO99TmV1Np6SmjUcAC0nygj
        -----END CERTIFICATE-----

        """

    package static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjSjn72l1Z7zxBH/k
        C8IqS6G3H1PprcLUwCEKKPOcRDShRANCAATu94Kv1cOc54++Vqm90SOmPhIV0UTv
        n8pPQt2mGjVzJFtFUhj+NyQplioXSK7zs8PYoD/ZixL4oOyBxrz+1ZUN
        -----END PRIVATE KEY-----

        """
}
