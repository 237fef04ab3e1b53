namespace MicroLink.Control
{
    /// <summary>Where the control connection stands; status prints the same words.</summary>
    public static class ControlState
    {
        public const int Idle = 0, Connecting = 1, NeedsLogin = 2, NeedsApproval = 3, Connected = 4, Reconnecting = 5, Refused = 6;
    }
}
